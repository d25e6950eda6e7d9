// What is typed, and what the API takes: one table's notes, or one person's view. Nothing here touches the screen, the
// network or what is saved.
//
// A form is plain text, yes and no: what stands in each field, empty where nothing does. So two forms can be compared and put
// together field by field, whatever they are about.

import { AGREEMENT, PEOPLE } from "./words.mjs";

/** Ids are chosen here and before anything is sent, so that what is sent twice is the same thing. */
export const newId = () => crypto.randomUUID();

/** Today, as a date field has it. */
export function today() {
  const now = new Date();
  return new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** What can be chosen on a closed question. */
export const optionsOf = (question) => question.kind === "agreement" ? AGREEMENT : question.options ?? [];

export const isOpen = (question) => question.kind === "open";

/** What the API says about a consultation, as much of it as a form needs. */
export function askedBy(consultation) {
  return {
    reference: consultation.reference,
    title: consultation.title,
    questions: consultation.questions.map(({ number, prompt, easy_read_prompt, kind, options }) => ({ number, prompt, easy_read_prompt, kind, options })),
    sections: consultation.documents.flatMap((document) => (document.sections ?? []).map(({ ref, title }) => ({ ref, title }))),
  };
}

/** A point that nobody has written yet. */
export function newPoint(question) {
  return {
    id: newId(), question, text: "", who: "", quote: false, agree: "", disagree: "", unsure: "", stance: "", verbatim: false,
    section: "", setting: "", helped_by: "", slip: "", concern: false, raised_on: "", passed_to: "", passed_on: "", removed: false,
  };
}

const perQuestion = (asked, make) => Object.fromEntries(asked.questions.map((question) => [question.number, make(question)]));

/** A form that nobody has written in; each open question has a point to write. */
export function newForm(kind, asked, first = {}) {
  const points = asked.questions.filter(isOpen).map((question) => newPoint(question.number));
  return kind === "table" ? {
    table: "", sitting: "1", minutes: "", people: Object.fromEntries(Object.keys(PEOPLE).map((who) => [who, ""])),
    questions: perQuestion(asked, (question) => ({ skipped: "", tally: optionsOf(question).map(() => "") })), points, ...first,
  } : {
    channel: "champion", who: "service_user", service: "", setting: "", people: "", sheet: "",
    questions: perQuestion(asked, (question) => ({ chosen: optionsOf(question).map(() => false) })), points, ...first,
  };
}

const blank = (text) => text.trim() === "";
const words = (text) => blank(text) ? undefined : text.trim();
const number = (text) => blank(text) ? undefined : Number(text);
const isCount = (text) => blank(text) || /^\d{1,6}$/.test(text.trim());

/** Whether a point says nothing at all: it is not sent. */
export const isEmpty = (point) => blank(point.text) && ![point.agree, point.disagree, point.unsure, point.slip].some((text) => !blank(text)) && !point.concern;

/** The points that are sent, in the order of the questions. */
export function standing(form) {
  const place = (point) => point.question ?? Infinity;
  return form.points.filter((point) => !point.removed && !isEmpty(point)).sort((one, other) => place(one) - place(other) || 0);
}

function handsOf(point) {
  const given = ["agree", "disagree", "unsure"].filter((way) => !blank(point[way]));
  return given.length === 0 ? undefined : Object.fromEntries(given.map((way) => [way, number(point[way])]));
}

const concernOf = (point) => point.concern
  ? { raised_on: point.raised_on || today(), passed_to: words(point.passed_to), passed_on: point.passed_on || undefined }
  : undefined;

function contribution(point) {
  return {
    id: point.id, question: point.question, text: point.text, respondent_group: point.who || undefined, stance: point.stance || undefined,
    hands: handsOf(point), verbatim: point.verbatim, quote_consent: point.quote ? "quotable" : "not_quotable", section_ref: words(point.section),
    setting: point.setting || undefined, helped_by: point.helped_by || undefined, concern: concernOf(point), slip: words(point.slip),
  };
}

function answer(point) {
  return {
    id: point.id, question: point.question, text: point.text, quote_consent: point.quote ? "quotable" : "not_quotable",
    stance: point.stance || undefined, section_ref: words(point.section), helped_by: point.helped_by || undefined, concern: concernOf(point),
  };
}

/** What goes out. */
export function bodyOf({ id, kind, meeting, asked, form }) {
  const questions = asked.questions.map((question) => [question, form.questions[question.number]]);
  if (kind === "table") {
    return plain({
      id, meeting_id: meeting, table: words(form.table), sitting: number(form.sitting), minutes_given: number(form.minutes),
      participants: Object.fromEntries(Object.entries(form.people).filter(([, people]) => !blank(people)).map(([who, people]) => [who, number(people)])),
      not_discussed: questions.filter(([, of]) => of.skipped).map(([question, of]) => ({ question: question.number, reason: of.skipped })),
      tallies: questions.map(([question, of]) => ({
        question: question.number,
        counts: Object.fromEntries(optionsOf(question).map((option, at) => [option, number(of.tally[at])]).filter(([, people]) => people !== undefined)),
      })).filter((tally) => Object.keys(tally.counts).length > 0),
      contributions: standing(form).map(contribution),
    });
  }
  const choices = questions.flatMap(([question, of]) => {
    const chosen = optionsOf(question).filter((_, at) => of.chosen[at]);
    if (chosen.length === 0) return [];
    return [question.kind === "multiple_choice" ? { question: question.number, choices: chosen } : { question: question.number, choice: chosen[0] }];
  });
  return plain({
    id, channel: form.channel, respondent_group: form.who || undefined, service_id: form.service || undefined, setting: form.setting || undefined,
    people_represented: number(form.people), information_sheet_version: words(form.sheet), answers: [...standing(form).map(answer), ...choices],
  });
}

const plain = (value) => JSON.parse(JSON.stringify(value));

/** The same as a correction: a merge patch, in which what was emptied is null. */
export function patchOf(draft) {
  const body = bodyOf(draft);
  delete body.id;
  if (draft.kind === "table") {
    delete body.meeting_id;
    // A slip is tied once.
    for (const said of body.contributions) if (draft.arrived.form.points.some((point) => point.id === said.id)) delete said.slip;
    for (const field of ["table", "sitting", "minutes_given"]) body[field] ??= null;
    for (const who of Object.keys(PEOPLE)) body.participants[who] ??= null;
  } else {
    // Where it is from stays as it was recorded.
    for (const field of ["channel", "service_id", "setting"]) delete body[field];
    for (const field of ["people_represented", "information_sheet_version"]) body[field] ??= null;
  }
  return body;
}

const text = (value) => value === undefined || value === null ? "" : String(value);

function pointOf(said) {
  return {
    ...newPoint(said.question), id: said.id, text: said.text, who: text(said.respondent_group), quote: said.quote_consent === "quotable",
    agree: text(said.hands?.agree), disagree: text(said.hands?.disagree), unsure: text(said.hands?.unsure),
    stance: said.stance === "unclear" ? "" : text(said.stance), verbatim: Boolean(said.verbatim), section: text(said.section_ref),
    setting: said.setting === "not_recorded" ? "" : text(said.setting), helped_by: text(said.helped_by), concern: Boolean(said.concern),
    raised_on: text(said.concern?.raised_on), passed_to: text(said.concern?.passed_to), passed_on: text(said.concern?.passed_on),
  };
}

/** The form of what the API shows. */
export function formOf(kind, asked, view) {
  if (kind === "table") {
    const form = newForm(kind, asked, { table: text(view.table), sitting: text(view.sitting), minutes: text(view.minutes_given) });
    for (const who of Object.keys(form.people)) form.people[who] = text(view.participants[who]);
    for (const { question, reason } of view.not_discussed) form.questions[question].skipped = reason;
    for (const { question, counts } of view.tallies) {
      form.questions[question].tally = optionsOf(asked.questions.find((one) => one.number === question)).map((option) => text(counts[option]));
    }
    form.points = view.contributions.filter((said) => !said.withdrawn_at).map(pointOf);
    return form;
  }
  const form = newForm(kind, asked, {
    channel: view.channel, who: view.respondent_group, service: text(view.service_id), setting: view.setting === "not_recorded" ? "" : view.setting,
    people: text(view.people_represented), sheet: text(view.information_sheet_version),
  });
  form.points = view.answers.filter((said) => said.id).map((said) => ({ ...pointOf(said), who: "", setting: "" }));
  for (const { id, question, choice, choices } of view.answers) {
    if (id) continue;
    form.questions[question].chosen = optionsOf(asked.questions.find((one) => one.number === question)).map((option) => option === choice || Boolean(choices?.includes(option)));
  }
  return form;
}

/** Whether two forms of one draft say the same. Slips are left out: the service ties them and shows them to nobody. */
export function sendsSame(draft, one, other) {
  const said = (form) => JSON.stringify(bodyOf({ ...draft, form: { ...form, points: form.points.map((point) => ({ ...point, slip: "" })) } }));
  return said(one) === said(other);
}

/** Every field of a form under its own name: a point's under the point's id. */
function flat(form) {
  const fields = new Map();
  const walk = (value, at) => {
    if (value !== null && typeof value === "object") for (const [name, inner] of Object.entries(value)) walk(inner, [...at, name]);
    else fields.set(JSON.stringify(at), value);
  };
  const { points, ...rest } = form;
  walk(rest, []);
  for (const point of points) if (!isEmpty(point) || point.removed) walk(point, ["point", point.id]);
  return fields;
}

/**
 * Puts together what two people made of one form: what only one of them changed since `base` is theirs. Where both changed one
 * field, what stands here stays, and the field is named in `both` with what the other wrote.
 */
export function together(base, mine, theirs) {
  const [before, here, there] = [flat(base), flat(mine), flat(theirs)];
  const form = structuredClone(mine);
  const both = [];
  const put = (at, value) => {
    let within = form;
    let path = at;
    if (at[0] === "point") {
      within = form.points.find((point) => point.id === at[1]);
      if (!within) form.points.push(within = { ...newPoint(null), id: at[1] });
      path = at.slice(2);
    }
    for (const name of path.slice(0, -1)) within = within[name];
    within[path.at(-1)] = value;
  };
  for (const [name, value] of there) {
    const was = before.get(name);
    if (value === was || value === here.get(name)) continue;
    const at = JSON.parse(name);
    if (here.get(name) === was) put(at, value);
    else if (at.at(-1) !== "id") both.push({ at, theirs: value });
  }
  return { form, both };
}

/** The name that a field has on the screen. */
export function fieldId(at) {
  return "field-" + at.join("-");
}

/** Where on the screen a refusal's pointer into `body` is mended; nothing where it is nowhere. */
export function placeOf(pointer, body, asked) {
  const [list, at, name, ...rest] = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const NAMES = {
    text: "text", respondent_group: "who", quote_consent: "quote", hands: "agree", stance: "stance", verbatim: "verbatim", section_ref: "section",
    setting: "setting", helped_by: "helped_by", slip: "slip", concern: rest[0] ?? "concern",
  };
  const asks = (number) => asked.questions.find((one) => one.number === number);
  switch (list) {
    case "contributions":
    case "answers": {
      const said = body[list]?.[at];
      if (said?.id) return fieldId(["point", said.id, name === "hands" && rest[0] ? rest[0] : NAMES[name] ?? "text"]);
      if (said && asks(said.question)) return fieldId(["questions", said.question, "chosen", Math.max(0, optionsOf(asks(said.question)).indexOf(said.choice ?? said.choices?.[rest[0] ?? 0]))]);
      return null;
    }
    case "tallies": {
      const tally = body.tallies?.[at];
      if (!tally || !asks(tally.question)) return null;
      return fieldId(["questions", tally.question, "tally", Math.max(0, optionsOf(asks(tally.question)).indexOf(rest[0]))]);
    }
    case "not_discussed": {
      const one = body.not_discussed?.[at];
      return one ? fieldId(["questions", one.question, "skipped"]) : null;
    }
    case "participants": return fieldId(["people", at ?? "service_user"]);
    case "table":
    case "sitting": return fieldId([list]);
    case "minutes_given": return fieldId(["minutes"]);
    case "respondent_group": return fieldId(["who"]);
    case "service_id": return fieldId(["service"]);
    case "people_represented": return fieldId(["people"]);
    case "information_sheet_version": return fieldId(["sheet"]);
    case "setting": return fieldId(["setting"]);
    default: return null;
  }
}

/** What would be refused, found before it is sent: faults with their field. The service's own rules stay the judge. */
export function faultsOf({ kind, asked, form }) {
  const faults = [];
  const add = (at, detail) => faults.push({ field: at && fieldId(at), detail });
  const counts = (at, value, what) => isCount(value) || add(at, `${what}: write a whole number, or leave it empty.`);
  const points = standing(form);
  if (kind === "table") {
    counts(["sitting"], form.sitting, "Sitting");
    counts(["minutes"], form.minutes, "Minutes");
    for (const [who, people] of Object.entries(form.people)) counts(["people", who], people, PEOPLE[who]);
    const given = Object.values(form.people).filter((people) => !blank(people));
    const sat = given.length === 0 ? null : given.reduce((sum, people) => sum + Number(people), 0);
    for (const point of points) {
      for (const way of ["agree", "disagree", "unsure"]) counts(["point", point.id, way], point[way], "Hands");
      const hands = ["agree", "disagree", "unsure"].reduce((sum, way) => sum + Number(point[way]), 0);
      if (sat !== null && hands > sat) add(["point", point.id, "agree"], `${hands} hands went up at a table of ${sat}. Check the hands, or who is here.`);
    }
    for (const question of asked.questions) {
      form.questions[question.number].tally.forEach((people, at) => counts(["questions", question.number, "tally", at], people, "Hands"));
    }
  } else {
    if (!form.service) add(["service"], "Choose the service that the view is from.");
    counts(["people"], form.people, "How many people it speaks for");
    if (!blank(form.people) && Number(form.people) === 0) add(["people"], "A view speaks for at least one person.");
  }
  for (const point of points) {
    if (blank(point.text)) add(["point", point.id, "text"], "Write the point, or remove it.");
    if (point.text.length > 10_000) add(["point", point.id, "text"], "This point has more than 10,000 characters. Make two of it.");
    if (point.concern && point.passed_on && point.passed_on < point.raised_on) add(["point", point.id, "passed_on"], "It cannot be passed on before it was noticed.");
  }
  const recorded = points.length > 0 || Object.values(form.questions).some((of) => of.skipped || of.tally?.some((people) => !blank(people)) || of.chosen?.some(Boolean));
  if (!recorded) add(null, kind === "table" ? "Nothing is written yet. Write at least one point." : "Nothing is written yet. Write at least one answer.");
  return faults;
}

/** Questions on which a table neither wrote anything down nor said why. */
export function silent({ asked, form }) {
  const spoken = new Set(standing(form).map((point) => point.question));
  return asked.questions.filter(({ number }) => !spoken.has(number) && !form.questions[number].skipped && !form.questions[number].tally.some((people) => !blank(people)));
}
