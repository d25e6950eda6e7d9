// What people read for the words of the API. The words are closed sets there; these are what a table would say.

export const PEOPLE = {
  service_user: "People who live in services",
  staff: "Staff",
  family_carer: "Family and carers",
  commissioner: "Commissioners",
  other: "Others",
};

export const WHO = { ...PEOPLE, mixed: "Several of them, or not sure" };

export const WHOSE = { ...PEOPLE, not_recorded: "Not written down" };

export const SKIPPED = {
  no_time: "Ran out of time",
  chose_not_to: "Chose not to",
  not_asked: "Was not asked",
  other: "Another reason",
};

export const STANCE = {
  supports: "For the draft",
  opposes: "Against the draft",
  mixed: "For and against",
  suggests: "A suggestion",
};

export const HANDS = { agree: "Agree", disagree: "Disagree", unsure: "Unsure" };

export const SETTING = {
  high_secure: "High secure",
  medium_secure: "Medium secure",
  low_secure: "Low secure",
  community_forensic: "Community forensic",
  mixed: "Several kinds",
};

export const HELPED_BY = { staff: "Staff", carer: "A carer", advocate: "An advocate", peer: "Another person who lives here", scribe: "Somebody who wrote it down" };

export const ASKED_BY = { speaker: "Whoever said it", carer: "Their carer", advocate: "Their advocate", peer: "Another person who lives here", staff: "Staff", other: "Somebody else" };

export const AGREEMENT = ["agree", "disagree", "unsure"];

/** What a flag is about, so that it says what to look for. */
export const RULE = {
  nhs_number: "looks like an NHS number",
  national_insurance_number: "looks like a National Insurance number",
  prison_number: "looks like a prison number",
  case_reference_number: "looks like a case number",
  pnc_number: "looks like a police number",
  cro_number: "looks like a criminal record number",
  record_number: "looks like a record number",
  date_of_birth: "looks like a date of birth",
  postcode: "looks like a postcode",
  phone: "looks like a phone number",
  email: "looks like an e-mail address",
  name: "looks like somebody’s name",
  register_name: "is the name of a service or a ward",
  legal_detail: "tells of somebody’s offence or legal order",
};

const OPTIONS = { yes: "Yes", no: "No", agree: "Agree", disagree: "Disagree", unsure: "Unsure" };

/** An option as people read it. */
export function option(word) {
  return OPTIONS[word] ?? word.charAt(0).toUpperCase() + word.slice(1).replaceAll("_", " ");
}

/** What became of a meeting. */
export const MEETING = { planned: "Not held yet", held: "Held", cancelled: "Cancelled" };
