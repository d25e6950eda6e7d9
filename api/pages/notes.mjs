// The notes page: sign in, choose the meeting, one screen a table. What it is made of is kept by the worker, what is typed
// by `saved.mjs`, and what is finished is sent by `sending.mjs`.

import { all, get, hear, put, removeWhere, settle, tell, update } from "./saved.mjs";
import { NotReached, SignInEnded, call, everything, isUnsent, session, signIn, signOut } from "./session.mjs";
import { button, count, day, fill, h, link, show, summary } from "./element.mjs";
import { askedBy, formOf, newForm, newId, sendsSame } from "./form.mjs";
import { arrivedAs, reach, send, standing } from "./sending.mjs";
import { flushEditor, leaveEditor, nameOf, openEditor, stateOf } from "./editor.mjs";

/** Who types up tables, and who types up views. */
const TABLES = ["facilitator", "national_lead"];
const VIEWS = ["champion", "facilitator", "national_lead"];

let now = null;
const is = (...roles) => now.grants.some((grant) => roles.includes(grant.role));

// ------------------------------------------------------------------------------------------------------------- lists

const LISTS = {
  consultations: "/v1/consultations?status=open",
  groups: "/v1/groups",
  services: "/v1/services",
  meetings: "/v1/meetings",
};

/** A list as it was last seen; empty where it never was. */
async function known(name) {
  const kept = await get("lists", name);
  return kept?.user === now.user ? kept.items : [];
}

/** Looks whether the lists have changed, and what may be done. */
async function renewLists() {
  const me = await call("GET", "/v1/me", { as: now.user });
  if (me.status === 200) now = await update("session", "now", (record) => { if (record.user === me.json.id) record.grants = me.json.grants; }) ?? now;
  let changed = false;
  for (const [name, path] of Object.entries(LISTS)) {
    if (name === "meetings" && !is(...TABLES)) continue;
    const items = await everything(path).catch((error) => { if (error.status) return []; throw error; });
    changed ||= JSON.stringify(items) !== JSON.stringify(await known(name));
    await put("lists", name, { user: now.user, items });
  }
  return changed;
}

const ownDrafts = async () => (await all("drafts")).filter((draft) => draft.user === now.user);

function tag(draft) {
  const { tone, short } = stateOf(draft);
  return h("strong", { class: "tag " + tone }, short);
}

function placeOf(meeting, groups) {
  const group = groups.find((one) => one.id === meeting.group_id)?.name ?? "A group";
  return [group, day(meeting.starts_at), meeting.venue.name].filter(Boolean).join(", ");
}

// ----------------------------------------------------------------------------------------------------------- screens

function signInScreen(words, then) {
  const wrong = h("div", {});
  const email = h("input", { id: "email", type: "email", autocomplete: "username", required: true, class: "wide", value: now?.email ?? "" });
  const password = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true, class: "wide", spellcheck: "false" });
  const submit = h("button", { class: "main" }, "Sign in");
  const refused = (detail, field) => { fill(wrong, summary("You are not signed in", [{ field, detail }])); document.getElementById("wrong").focus(); };
  const form = h("form", {
    novalidate: true,
    on: {
      submit: async (event) => {
        event.preventDefault();
        if (!email.value.trim()) return refused("Write your e-mail address.", "email");
        if (!password.value) return refused("Write your password.", "password");
        submit.disabled = true;
        try {
          const detail = await signIn(email.value.trim(), password.value);
          if (detail) return refused(detail, "password");
          password.value = "";
          standing.ended = false;
          await then();
        } catch (error) {
          if (!(error instanceof NotReached)) throw error;
          refused(error.after ? "Too many attempts failed. Wait a minute, then try again." : "The service is not reached: there may be no network now. Only signing in needs one.");
        } finally { submit.disabled = false; }
      },
    },
  }, h("div", { class: "field" }, h("label", { for: "email" }, "E-mail address"), email),
  h("div", { class: "field" }, h("label", { for: "password" }, "Password"), password), submit);
  show("Sign in", h("h1", {}, "Sign in"), words.map((one) => h("p", {}, one)), wrong, form);
}

const FIRST_WORDS = [
  "Type up what was said at the tables of a meeting, or a view that somebody gave you.",
  "After your first visit this page works without a network. What you type is saved on this computer as you type it, and sent when there is a network.",
];

async function afterSignIn() {
  now = await session();
  await top();
  try { await renewLists(); } catch (error) { if (!(error instanceof NotReached)) throw error; }
  if (location.hash === "#signed-out" || location.hash === "#sign-in") history.replaceState(null, "", location.pathname);
  await route();
  send();
}

async function home() {
  if (!is(...TABLES, ...VIEWS)) {
    return show("Not for your role", h("h1", {}, "This page is not for your role"),
      h("p", {}, "Facilitators type up the notes of their meetings here, and champions the views of people in their service."),
      h("p", {}, `You are signed in as ${now.name}. If you should be one of them, ask an administrator.`));
  }
  const [consultations, groups, meetings, drafts] = await Promise.all([known("consultations"), known("groups"), known("meetings"), ownDrafts()]);
  const unsent = drafts.filter(isUnsent).sort((one, other) => (other.edited ?? "").localeCompare(one.edited ?? ""));
  const look = drafts.filter((draft) => !isUnsent(draft) && stateOf(draft).tone === "look");
  const item = (draft) => h("li", {}, link(nameOf(draft), "#draft/" + draft.id), " ", tag(draft), h("span", { class: "place" }, draft.place));
  show("Your notes", h("h1", {}, "Your notes"),
    unsent.length > 0 && h("section", { "aria-labelledby": "unsent" }, h("h2", { id: "unsent" }, "Not sent yet"), h("ul", { class: "list" }, unsent.map(item))),
    look.length > 0 && h("section", { "aria-labelledby": "to-look-at" }, h("h2", { id: "to-look-at" }, "Arrived: please look again"), h("ul", { class: "list" }, look.map(item))),
    consultations.length === 0 && h("p", {}, standing.reached === false ? "There is no network, and this computer has not seen your meetings yet. Try again when the network is back." : "No consultation takes notes now."),
    consultations.map((consultation) => h("section", { "aria-labelledby": "consultation-" + consultation.id },
      h("h2", { id: "consultation-" + consultation.id }, consultation.title),
      is(...TABLES) && consultation.channels.includes("meeting_discussion") && meetingsOf(consultation, meetings, groups),
      is(...VIEWS) && consultation.channels.includes("champion") && h("p", {}, link("Type up people’s views for: " + consultation.title, "#views/" + consultation.id)))),
    is("national_lead") && consultations.length > 0 && h("section", { "aria-labelledby": "heard" }, h("h2", { id: "heard" }, "Who has been heard"),
      h("ul", { class: "list" }, consultations.map((one) => h("li", {}, link("Who has been heard: " + one.title, "/coverage/" + encodeURIComponent(one.reference)))))));
}

/** Meetings of a consultation's rounds, or that have it on their agenda; the latest first. */
function meetingsOf(consultation, meetings, groups) {
  const own = meetings.filter((one) => one.status !== "cancelled")
    .filter((one) => consultation.round_ids.includes(one.round_id) || one.agenda.some((item) => item.consultation_id === consultation.id))
    .sort((one, other) => other.starts_at.localeCompare(one.starts_at));
  if (own.length === 0) return h("p", {}, "There is no meeting of yours for it. A meeting is added by a national lead, or by you through the API.");
  return [h("h3", {}, "Which meeting was it?"),
    h("ul", { class: "list" }, own.map((meeting) => h("li", {}, link(placeOf(meeting, groups), `#meeting/${consultation.id}/${meeting.id}`))))];
}

/** What has arrived of this, from any computer; how many tables and points, and no words. */
async function arrivedThere(kind, consultation, meeting) {
  const path = kind === "table" ? `/v1/consultations/${consultation}/discussions?meeting=${meeting}` : `/v1/consultations/${consultation}/responses?channel=champion`;
  const items = await everything(path);
  return items.map((view) => ({
    id: view.id, name: kind === "table" ? [view.table ?? "A table without a name", view.sitting > 1 && "sitting " + view.sitting].filter(Boolean).join(", ") : "A view",
    points: (view.contributions ?? view.answers).length, group: view.group_id, service: view.service_id,
  }));
}

async function listOf(kind, consultationId, meetingId) {
  const [consultations, groups, meetings, services] = await Promise.all([known("consultations"), known("groups"), known("meetings"), known("services")]);
  const consultation = consultations.find((one) => one.id === consultationId);
  const meeting = meetings.find((one) => one.id === meetingId);
  if (!consultation || (kind === "table" && !meeting)) { location.hash = ""; return; }
  const table = kind === "table";
  const place = table ? placeOf(meeting, groups) : "Views from services";
  const list = h("ul", { class: "list" });
  const more = h("p", { role: "status" });
  let there = null;
  const draw = async () => {
    const here = (await ownDrafts()).filter((draft) => draft.kind === kind && draft.consultation === consultationId && (!table || draft.meeting === meetingId));
    const elsewhere = (there ?? []).filter((one) => !here.some((draft) => draft.id === one.id));
    fill(list,
      here.map((draft) => h("li", {}, link(nameOf(draft), "#draft/" + draft.id), " ", tag(draft))),
      elsewhere.map((one) => h("li", {}, button(`Open ${one.name}`, () => fetchArrived(kind, one.id, consultation, meetingId, place, more), { class: "linked" }), " ",
        h("strong", { class: "tag good" }, "Arrived"), h("span", { class: "place" }, [count(one.points, "point", "points"), services.find((service) => service.id === one.service)?.name].filter(Boolean).join(", ")))));
    if (here.length + elsewhere.length === 0) fill(list, h("li", {}, table ? "No table yet." : "No view yet."));
    return [...here.map(nameOf), ...elsewhere.map((one) => one.name)];
  };
  const add = async () => {
    const names = await draw();
    const numbers = names.map((name) => Number(/^Table (\d+)/.exec(name)?.[1] ?? 0));
    const asked = askedBy(consultation);
    const draft = {
      id: newId(), user: now.user, kind, consultation: consultationId, meeting: meetingId ?? null, asked, place, edited: new Date().toISOString(),
      form: newForm(kind, asked, table ? { table: "Table " + (Math.max(0, ...numbers) + 1) } : {}),
      finished: false, changed: false, post: null, patch: null, arrived: null, problem: null,
    };
    await put("drafts", draft.id, draft);
    tell({ saved: draft.id });
    location.hash = "draft/" + draft.id;
  };
  show(table ? "Tables of a meeting" : "People’s views",
    h("p", { class: "back" }, link("Back to your notes", "#")),
    h("h1", {}, place), h("p", { class: "place" }, consultation.title),
    button(table ? "Add a table" : "Add a person’s view", add, { class: "main" }),
    h("h2", {}, table ? "Tables" : "Views"), list, more);
  await draw();
  const stop = hear((message) => { if (message.saved || message.draft) draw(); });
  leaveScreen = stop;
  try {
    there = await arrivedThere(kind, consultationId, meetingId);
    if (table) fill(more, meeting.tables ? `${count(there.length, "table has", "tables have")} arrived, ${meeting.tables} ${meeting.tables === 1 ? "was" : "were"} expected.` + (there.length > meeting.tables ? " Is one here twice?" : "") : `${count(there.length, "table has", "tables have")} arrived.`);
    await draw();
  } catch (error) {
    if (!(error instanceof NotReached)) throw error;
    fill(more, "There is no network now, so this shows only what is on this computer.");
  }
}

/** Opens what has arrived from another computer, or before sign-out. */
async function fetchArrived(kind, id, consultation, meeting, place, more) {
  try {
    const answer = await call("GET", (kind === "table" ? "/v1/discussions/" : "/v1/responses/") + id);
    if (answer.status !== 200) return fill(more, answer.json?.detail ?? "It is not there any more.");
    const asked = askedBy(consultation);
    const draft = { id, user: now.user, kind, consultation: consultation.id, meeting: meeting ?? null, asked, place, edited: null, finished: false, changed: false, post: null, patch: null, problem: null };
    draft.form = formOf(kind, asked, answer.json);
    draft.arrived = arrivedAs(draft, answer.json);
    await put("drafts", id, draft);
    location.hash = "draft/" + id;
  } catch (error) {
    if (!(error instanceof NotReached)) throw error;
    fill(more, "There is no network now. Open it when the network is back.");
  }
}

/** Services whose views one may type up. */
async function ownServices() {
  const services = await known("services");
  if (is("national_lead")) return services;
  const own = now.grants.map((grant) => grant.service_id).filter(Boolean);
  const groups = now.grants.map((grant) => grant.group_id).filter(Boolean);
  return services.filter((service) => own.includes(service.id) || groups.includes(service.group_id));
}

/** A table that arrived may have been corrected elsewhere since. */
async function renewArrived(id) {
  const draft = await get("drafts", id);
  if (!draft?.arrived || isUnsent(draft)) return;
  const answer = await call("GET", (draft.kind === "table" ? "/v1/discussions/" : "/v1/responses/") + id);
  if (answer.status !== 200 || answer.json.version === draft.arrived.version) return;
  await flushEditor();
  await update("drafts", id, (record) => {
    if (isUnsent(record)) return;
    record.arrived = arrivedAs(record, answer.json);
    record.form = structuredClone(record.arrived.form);
    record.changed = !sendsSame(record, record.form, record.arrived.form);
  });
  tell({ draft: id });
}

async function draftScreen(id) {
  const draft = await get("drafts", id);
  if (!draft || draft.user !== now.user) { location.hash = ""; return; }
  await openEditor(id, await ownServices());
  await renewArrived(id).catch((error) => { if (!(error instanceof NotReached)) throw error; });
}

async function signOutScreen() {
  const unsent = (await ownDrafts()).filter(isUnsent);
  if (unsent.length === 0) return leave();
  const what = count(unsent.length, "table or view", "tables or views");
  const it = unsent.length === 1 ? "It stays" : "They stay";
  show("Sign out", h("h1", {}, "Before you sign out"),
    h("div", { class: "seen" }, h("p", {}, h("strong", {}, `${what} on this computer ${unsent.length === 1 ? "has" : "have"} not been sent.`)),
      h("p", {}, `${it} on this computer, for you alone: sign in here again to finish and send ${unsent.length === 1 ? "it" : "them"}. Somebody else who signs in here does not see ${unsent.length === 1 ? "it" : "them"}. But whoever knows a lot about computers and can use this one could find what you typed.`),
      h("p", {}, "Everything else leaves this computer when you sign out.")),
    h("ul", { class: "list" }, unsent.map((draft) => h("li", {}, link(nameOf(draft), "#draft/" + draft.id), " ", tag(draft), h("span", { class: "place" }, draft.place)))),
    h("div", { class: "buttons" }, link(unsent.length === 1 ? "Go back and send it" : "Go back and send them", "#", { class: "main button" }), button(unsent.length === 1 ? "Sign out, and keep it here" : "Sign out, and keep them here", leave, { class: "second" })));
}

async function leave() {
  await signOut();
  // A new start: nothing of this sign-in stays in the memory of the page, either.
  history.replaceState(null, "", location.pathname + "#signed-out");
  location.reload();
}

// -------------------------------------------------------------------------------------------------- around the screens

let leaveScreen = null;

async function route() {
  await leaveEditor();
  leaveScreen?.();
  leaveScreen = null;
  const [name, one, other] = location.hash.slice(1).split("/");
  try {
    if (!now || now.ended || name === "sign-in") {
      const kept = (await all("drafts")).length;
      const words = name === "signed-out"
        ? ["You have signed out. Nothing that you sent is kept on this computer.", kept > 0 && "What was not sent is still here, for whoever typed it. Sign in to see yours and to send it."].filter(Boolean)
        : now?.ended || name === "sign-in" ? ["Your sign-in has ended. Sign in again: everything you typed is still here."] : FIRST_WORDS;
      return signInScreen(words, afterSignIn);
    }
    if (name === "meeting") return await listOf("table", one, other);
    if (name === "views") return await listOf("view", one);
    if (name === "draft") return await draftScreen(one);
    if (name === "sign-out") return await signOutScreen();
    return await home();
  } catch (error) {
    if (error instanceof SignInEnded) { standing.ended = true; return strip(); }
    throw error;
  }
}

async function top() {
  const element = document.getElementById("who");
  if (!now) return fill(element);
  fill(element, h("span", {}, now.name), " ", link("Your notes", "#"), " ", link("Sign out", "#sign-out"));
}

/** The line at the top: what is saved here, and what has arrived. */
async function strip() {
  const element = document.getElementById("standing");
  const drafts = now ? await ownDrafts() : [];
  const unsent = drafts.filter(isUnsent).length;
  const parts = [];
  if (standing.reached === false) parts.push("No network.");
  if (now && !now.ended) {
    const arrived = drafts.filter((draft) => draft.arrived && !isUnsent(draft)).length;
    parts.push(unsent > 0 ? `${unsent} not arrived yet, saved on this computer only.` : "Nothing waits to be sent.");
    if (arrived > 0) parts.push(`${arrived} ${arrived === 1 ? "has" : "have"} arrived.`);
  }
  const words = parts.join(" ") || (standing.reached === false ? "" : "Nobody is signed in.");
  const ended = now && (now.ended || standing.ended);
  const said = words + ended;
  if (element.dataset.said === said) return;
  element.dataset.said = said;
  fill(element, words, ended && [" ", link("Your sign-in has ended: sign in again", "#sign-in")]);
  document.body.classList.toggle("no-network", standing.reached === false);
}

async function worker() {
  const element = document.getElementById("offline-ready");
  if (!("serviceWorker" in navigator)) return fill(element, "This browser cannot keep the page for when there is no network.");
  navigator.serviceWorker.ready.then(() => fill(element, "This page is kept on this computer: it opens without a network, too."));
  await navigator.serviceWorker.register("/pages/worker.mjs", { scope: "/notes" }).catch(() => null);
}

hear(async (message) => {
  if (message.signedOut || message.signedIn || message.ended) {
    const other = await session();
    if (message.ended) { if (now?.user === message.ended) { standing.ended = true; now = other ?? now; } return strip(); }
    if (message.signedIn && now?.user === message.signedIn) { now = other; standing.ended = false; return strip(); }
    if (now && other?.user !== now.user) {
      // Signed out, or somebody else signed in, in another window.
      await leaveEditor();
      location.replace(location.pathname + (other ? "" : "#signed-out"));
      location.reload();
    }
    return;
  }
  if (message.saved || message.draft || message.standing) strip();
});

addEventListener("hashchange", route);
addEventListener("pagehide", flushEditor);
addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") flushEditor(); else if (now) reach(); });
addEventListener("online", () => reach());
addEventListener("offline", () => reach());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof SignInEnded) { standing.ended = true; strip(); event.preventDefault(); }
  else if (event.reason instanceof NotReached) { standing.reached = false; strip(); event.preventDefault(); }
});

async function start() {
  if (!isSecureContext) {
    return show("This address cannot be used", h("h1", {}, "This address cannot be used"),
      h("p", {}, "What you type would not be safe on its way. The address of this page has to begin with https: ask whoever gave it to you."));
  }
  try {
    await settle();
    now = await session() ?? null;
  } catch (error) {
    return show("This browser cannot be used", h("h1", {}, "This browser cannot keep what you type"),
      h("p", {}, "It gives this page no place to save. A private window may be the cause: open the page in an ordinary one, or use another browser."), h("p", { class: "hint" }, String(error?.message ?? error)));
  }
  navigator.storage?.persist?.();
  await leaveArrived(now?.ended ? null : now);
  if (!now) await removeWhere("lists", () => true);
  await top();
  await route();
  worker();
  await reach();
  await strip();
  if (!now || now.ended) return;
  try {
    const onList = ["", "sign-out"].includes(location.hash.slice(1));
    if (await renewLists() && onList && location.hash.slice(1) === "") await route();
  } catch (error) {
    if (error instanceof SignInEnded) { standing.ended = true; strip(); } else if (!(error instanceof NotReached)) throw error;
  }
}

/** What has arrived stays for nobody but who is signed in: a sign-in that has ended is a sign-out that nobody pressed. */
async function leaveArrived(signedIn) {
  await removeWhere("drafts", (draft) => draft.user !== signedIn?.user && !isUnsent(draft));
}

start();
