// Who has been heard, before closing: for whoever has to ring somebody up in time. Everything on it comes from the API as
// its reader may see it: a national lead sees the nation, a facilitator the own groups.

import { button, count, day, fill, h, moment, show, summary } from "./element.mjs";
import { all } from "./saved.mjs";
import { NotReached, SignInEnded, call, everything, isUnsent, session, signIn, signOut } from "./session.mjs";
import { MEETING } from "./words.mjs";

const reference = decodeURIComponent(location.pathname.split("/")[2] ?? "");

const said = (...words) => fill(document.getElementById("standing"), words);

/** A refusal of the API, in its own words. */
class Refused extends Error {}

async function got(path) {
  const answer = await call("GET", path);
  if (answer.status !== 200) throw new Refused(answer.json?.detail ?? "It was refused.");
  return answer.json;
}

function signInScreen(words) {
  const wrong = h("div", {});
  const email = h("input", { id: "email", type: "email", autocomplete: "username", required: true, class: "wide" });
  const password = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true, class: "wide", spellcheck: "false" });
  const refused = (detail, field) => { fill(wrong, summary("You are not signed in", [{ field, detail }])); document.getElementById("wrong").focus(); };
  show("Sign in", h("h1", {}, "Sign in"), h("p", {}, words), wrong, h("form", {
    novalidate: true,
    on: {
      submit: async (event) => {
        event.preventDefault();
        if (!email.value.trim()) return refused("Write your e-mail address.", "email");
        if (!password.value) return refused("Write your password.", "password");
        const detail = await signIn(email.value.trim(), password.value).catch((error) => {
          if (error instanceof NotReached) return "The service does not answer now. Try again in a minute.";
          throw error;
        });
        if (detail) return refused(detail, "password");
        await open();
      },
    },
  }, h("div", { class: "field" }, h("label", { for: "email" }, "E-mail address"), email),
  h("div", { class: "field" }, h("label", { for: "password" }, "Password"), password), h("button", { class: "main" }, "Sign in")));
  said("Nobody is signed in.");
}

/** A table of the screen; it scrolls by itself where it does not fit, and can be scrolled with the keyboard. */
function table(caption, heads, rows, none) {
  if (rows.length === 0) return h("p", {}, none);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", {}, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, heads.map(([words, kind]) => h("th", { scope: "col", class: kind }, words)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, at) => at === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: heads[at][1] }, cell)))))));
}

const heardOf = (part) => `${part.heard} of ${part.expected}`;
const names = (list) => (list ?? []).map((one) => one.label).join(", ") || "None";

async function screen(now) {
  const consultation = (await everything("/v1/consultations")).find((one) => one.reference === reference);
  if (!consultation) {
    return show("Not there", h("h1", {}, "There is no such consultation"), h("p", {}, `No consultation that you may know of has the reference “${reference}”. Check the address of this page.`));
  }
  const here = `/v1/consultations/${consultation.id}`;
  const [coverage, collation, groups, services, meetings] = await Promise.all([
    got(here + "/coverage?audience=exact"), got(here + "/collation?audience=exact"), everything("/v1/groups"), everything("/v1/services"), everything("/v1/meetings"),
  ]);
  const { groups: ofGroups, services: ofServices, settings, respondent_groups: people, tables, questions } = coverage;
  const group = (id) => groups.find((one) => one.id === id)?.name ?? "";
  const own = collation.scope.group_ids;
  const missing = tables.by_meeting.filter((one) => one.status === "planned" || (one.status === "held" && (one.expected === null ? one.posted === 0 : one.posted < one.expected)));
  const skipped = questions.filter((one) => one.not_discussed > 0 || one.no_record > 0 || one.groups_silent?.length > 0);
  const silentServices = (ofServices.silent ?? []).map((one) => services.find((service) => service.id === one.key) ?? { name: one.label });
  const byGroup = (one, other) => group(one.group_id).localeCompare(group(other.group_id)) || one.name.localeCompare(other.name);
  show("Who has been heard: " + consultation.reference,
    h("h1", {}, "Who has been heard"),
    h("p", { class: "place" }, `${consultation.reference}: ${consultation.title}`),
    h("p", {}, [`It is ${consultation.status}.`, consultation.closes_on && `${consultation.closes_on < new Date().toISOString().slice(0, 10) ? "It was to close" : "It closes"} on ${day(consultation.closes_on)}.`, own && `You see ${own.map(group).join(", ")} only.`].filter(Boolean).join(" ")),
    h("dl", { class: "figures" },
      [["Groups heard", heardOf(ofGroups)], ["Tables", tables.expected > 0 ? `${tables.posted} in, ${tables.expected} expected` : String(tables.posted)],
        ["Services heard", heardOf(ofServices)], ["Kinds of people heard", heardOf(people)], ["Kinds of service heard", heardOf(settings)]]
        .map(([name, figure]) => h("div", {}, h("dt", {}, name), h("dd", {}, figure)))),
    h("section", { "aria-labelledby": "ring" }, h("h2", { id: "ring" }, "Whom to ring up"),
      ofGroups.silent?.length > 0 ? h("p", {}, h("strong", {}, `${count(ofGroups.silent.length, "group has", "groups have")} said nothing yet: `), names(ofGroups.silent) + ".") : h("p", {}, "Every group that is expected has been heard."),
      table("Meetings with notes still to come", [["Meeting"], ["Stands at"], ["Tables in", "n"], ["Tables expected", "n"]],
        missing.map((one) => {
          const meeting = meetings.find((other) => other.id === one.meeting_id);
          return [`${group(one.group_id)}${meeting ? ", " + day(meeting.starts_at) : ""}`, MEETING[one.status], String(one.posted), one.expected === null ? "Not said" : String(one.expected)];
        }), "The notes of every table that we know of are in."),
      ofGroups.expected > 0 && tables.by_meeting.length === 0 && h("p", {}, "No meeting stands in the rounds of this consultation yet.")),
    h("section", { "aria-labelledby": "tables" }, h("h2", { id: "tables" }, "Tables"),
      table("Tables in and expected, by group", [["Group"], ["In", "n"], ["Expected", "n"]],
        tables.by_group.map((one) => [one.label, String(one.posted), one.expected === null ? "Not said" : String(one.expected)]), "No group is expected, and no table is in.")),
    h("section", { "aria-labelledby": "services" }, h("h2", { id: "services" }, "Services that are silent"),
      h("p", {}, "A service is heard when somebody from it was at a meeting whose notes are in, or when a response names it."),
      table(count(silentServices.length, "service is silent", "services are silent"), [["Service"], ["Group"]], silentServices.sort(byGroup).map((one) => [one.name, group(one.group_id)]), "Every service has been heard.")),
    h("section", { "aria-labelledby": "questions" }, h("h2", { id: "questions" }, "Questions"),
      table("How many tables came to each question", [["Question"], ["Talked about", "n"], ["Said they did not come to it", "n"], ["Nothing written down", "n"], ["Groups silent on it"]],
        questions.map((one) => [`${one.number}. ${one.prompt}`, String(one.discussions), String(one.not_discussed), String(one.no_record), names(one.groups_silent)]), "Nothing is asked."),
      skipped.length === 0 && h("p", {}, "Every table came to every question.")),
    h("section", { "aria-labelledby": "people" }, h("h2", { id: "people" }, "Who has said nothing yet"),
      h("ul", {}, h("li", {}, h("strong", {}, "People: "), names(people.silent)), h("li", {}, h("strong", {}, "Kinds of service: "), names(settings.silent)))),
    button("Look again", open, { class: "second" }));
  said(`As it stands at ${moment(Date.now())}.`);
}

/** Signs out; whoever has notes on this computer that were not sent is told so first, on the page where they are. */
async function leave(now) {
  if ((await all("drafts")).some((draft) => draft.user === now.user && isUnsent(draft))) location.assign("/notes#sign-out");
  else { await signOut(); location.reload(); }
}

async function open() {
  const now = await session();
  const who = document.getElementById("who");
  fill(who);
  if (!now || now.ended) return signInScreen(now?.ended ? "Your sign-in has ended. Sign in again." : "For national leads, and for facilitators about their own groups: who has been heard so far, and whom to ring up before it closes.");
  fill(who, h("span", {}, now.name), " ", button("Sign out", () => leave(now), { class: "linked" }));
  if (!now.grants.some((grant) => ["national_lead", "facilitator"].includes(grant.role))) {
    said("This page is not for your role.");
    return show("Not for your role", h("h1", {}, "This page is not for your role"), h("p", {}, "It tells national leads, and facilitators about their own groups, who has been heard before a consultation closes."), h("p", {}, `You are signed in as ${now.name}.`));
  }
  said("Looking…");
  try {
    await screen(now);
  } catch (error) {
    if (error instanceof SignInEnded) return signInScreen("Your sign-in has ended. Sign in again.");
    const detail = error instanceof NotReached ? "The service does not answer now." : error instanceof Refused ? error.message : error.status ? error.message : null;
    if (detail === null) throw error;
    said("This could not be shown.");
    show("Not shown", h("h1", {}, "Who has been heard"), summary("This could not be shown", [{ detail }]), button("Try again", open, { class: "second" }));
  }
}

addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
open();
