// Sending what is finished, once.
//
// Before anything goes out, its body is kept as it is (`post`, `patch`): whatever is typed meanwhile, what is sent again after
// a lost answer is the same to the last letter, and the service says of the second that it was the first. What was typed
// since follows as a correction. One window sends at a time, whichever comes first.

import { all, get, tell, update } from "./saved.mjs";
import { NotReached, SignInEnded, call, session } from "./session.mjs";
import { bodyOf, formOf, patchOf, placeOf, sendsSame } from "./form.mjs";

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;

/** How the sending stands: `{reached, sending, ended}`. */
export const standing = { reached: null, sending: null, ended: false };

const addresses = (draft) => draft.kind === "table"
  ? { post: `/v1/consultations/${draft.consultation}/discussions`, one: `/v1/discussions/${draft.id}` }
  : { post: `/v1/consultations/${draft.consultation}/responses`, one: `/v1/responses/${draft.id}` };

/** Whether there is something to do for this draft. */
const waits = (draft) => !draft.problem && (draft.post || draft.patch || draft.finished);

/** What the service shows of a draft, as it is kept here. */
export function arrivedAs(draft, view) {
  const said = (draft.kind === "table" ? view.contributions : view.answers).filter((one) => one.id && !one.withdrawn_at);
  return {
    version: view.version, at: view.received_at, form: formOf(draft.kind, draft.asked, view),
    flags: Object.fromEntries(said.filter((one) => one.flags?.length && !one.cleared_at).map((one) => [one.id, one.flags])),
    unquotable: said.filter((one) => one.quote_withdrawn_at).map((one) => one.id),
    reminders: view.reminders ?? [], receipt: view.receipt ?? draft.arrived?.receipt ?? null,
  };
}

/** Takes what has arrived into the draft: its form is what arrived, but for what was typed since `sent`. */
function take(draft, view, sent) {
  const arrived = arrivedAs(draft, view);
  const typedSince = sent !== null && !sendsSame(draft, draft.form, sent);
  // Whose words were changed, they must be asked again whether they may be quoted; the service has already said no.
  const lost = (sent ?? arrived.form).points.filter((point) => point.quote && arrived.form.points.some((one) => one.id === point.id && !one.quote)).map((point) => point.id);
  draft.arrived = arrived;
  draft.ask_again = lost;
  if (typedSince) {
    for (const point of draft.form.points) {
      const before = sent.points.find((one) => one.id === point.id);
      if (lost.includes(point.id) && before?.text === point.text) point.quote = false;
    }
  } else draft.form = arrived.form;
  draft.changed = !sendsSame(draft, draft.form, arrived.form);
  if (!typedSince) draft.finished = false;
  draft.post = draft.patch = draft.problem = null;
}

/** What was refused, with the fields in which it is mended. */
function refused(draft, answer, body) {
  draft.finished = false;
  draft.post = draft.patch = null;
  draft.problem = {
    kind: "refused", code: answer.json?.code ?? String(answer.status), status: answer.status,
    title: answer.json?.title ?? "It was refused.", detail: answer.json?.detail ?? "",
    faults: (answer.json?.errors ?? []).map(({ pointer, detail }) => ({ field: placeOf(pointer, body, draft.asked), detail })),
  };
}

/** The id has something else, or somebody changed it: what stands there, and what is to be decided here. */
function differs(draft, kind, view) {
  draft.finished = false;
  draft.problem = { kind, theirs: view && arrivedAs(draft, view) };
}

async function changed(id, change) {
  const draft = await update("drafts", id, change);
  tell({ draft: id });
  return draft;
}

async function sendFirst(draft) {
  draft = await changed(draft.id, (now) => {
    now.post ??= { form: structuredClone(now.form), body: bodyOf(now) };
  });
  const { form, body } = draft.post;
  const answer = await call("POST", addresses(draft).post, { body, as: draft.user });
  if (answer.status === 201 || answer.status === 200) return changed(draft.id, (now) => take(now, answer.json, form));
  if (answer.json?.code === "id-withdrawn") return changed(draft.id, (now) => { now.post = null; differs(now, "withdrawn", null); });
  if (answer.json?.code === "id-conflict") {
    const there = await call("GET", addresses(draft).one, { as: draft.user });
    return changed(draft.id, (now) => { now.post = null; differs(now, "other-arrived", there.status === 200 ? there.json : null); });
  }
  return changed(draft.id, (now) => refused(now, answer, body));
}

async function sendChange(draft) {
  draft = await changed(draft.id, (now) => {
    now.patch ??= { form: structuredClone(now.form), body: patchOf(now), version: now.arrived.version };
  });
  const { form, body, version } = draft.patch;
  const answer = await call("PATCH", addresses(draft).one, { body, version, as: draft.user });
  if (answer.status === 200) return changed(draft.id, (now) => take(now, answer.json, form));
  if (answer.status === 412) {
    const there = await call("GET", addresses(draft).one, { as: draft.user });
    if (there.status !== 200) return changed(draft.id, (now) => refused(now, there, body));
    // Either our own change of before, whose answer was lost, or somebody else's.
    const stands = formOf(draft.kind, draft.asked, there.json);
    return changed(draft.id, (now) => {
      if (sendsSame(now, form, stands) || sendsSame(now, unquoted(form, stands), stands)) take(now, there.json, form);
      else { now.patch = null; differs(now, "changed-elsewhere", there.json); }
    });
  }
  return changed(draft.id, (now) => refused(now, answer, body));
}

/** The same without the consent that went with changed words. */
function unquoted(form, stands) {
  const other = structuredClone(form);
  for (const point of other.points) {
    const there = stands.points.find((one) => one.id === point.id);
    if (there && !there.quote) point.quote = false;
  }
  return other;
}

async function sendOne(draft) {
  standing.sending = draft.id;
  tell({ standing: true });
  try {
    if (draft.post || !draft.arrived) await sendFirst(draft);
    else if (draft.patch || draft.changed) await sendChange(draft);
    else await changed(draft.id, (now) => { now.finished = false; });
  } finally {
    standing.sending = null;
  }
}

async function sendAll() {
  const tried = new Map();
  for (;;) {
    const now = await session();
    if (!now) return;
    const draft = (await all("drafts")).find((one) => one.user === now.user && waits(one));
    if (!draft) return;
    // Nothing here goes round for ever: what was not settled in a few goes waits for the next time.
    tried.set(draft.id, (tried.get(draft.id) ?? 0) + 1);
    if (tried.get(draft.id) > 5) return;
    await sendOne(draft);
    standing.reached = true;
    standing.ended = false;
  }
}

let wait = FIRST_WAIT;
let timer = null;
let running = false;
let again = false;

/** Sends what is finished, now; and by itself again while the service is not reached. */
export async function send() {
  if (running) { again = true; return; }
  running = true;
  clearTimeout(timer);
  try {
    do {
      again = false;
      await navigator.locks.request("collate-notes-sending", sendAll);
    } while (again);
    wait = FIRST_WAIT;
  } catch (error) {
    if (error instanceof SignInEnded) standing.ended = true;
    else if (error instanceof NotReached) {
      standing.reached = false;
      later(error.after);
    } else throw error;
  } finally {
    running = false;
    tell({ standing: true });
  }
}

function later(after) {
  clearTimeout(timer);
  timer = setTimeout(reach, Math.max(wait, after * 1000));
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

/** Whether the service answers; if not, asked again by itself. When it does, what waits is sent. */
export async function reach() {
  clearTimeout(timer);
  try {
    const answer = await fetch("/livez", { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(10_000) });
    standing.reached = answer.ok;
  } catch {
    standing.reached = false;
  }
  tell({ standing: true });
  if (!standing.reached) return later(0);
  wait = FIRST_WAIT;
  await send();
}

/** Takes back one point that has arrived, for whoever asked; what went wrong, in words, or nothing. */
export async function takeBack(draftId, pointId, scope, askedBy) {
  const answer = await call("POST", `/v1/contributions/${pointId}/withdrawal`, { body: { scope, asked_by: askedBy } });
  if (answer.status !== 200 && answer.json?.code !== "id-withdrawn") return answer.json?.detail ?? "It was refused.";
  const draft = await get("drafts", draftId);
  const there = await call("GET", addresses(draft).one, { as: draft.user });
  await changed(draftId, (now) => {
    if (scope === "all") {
      now.form.points = now.form.points.filter((point) => point.id !== pointId);
      now.arrived.form.points = now.arrived.form.points.filter((point) => point.id !== pointId);
    } else for (const form of [now.form, now.arrived.form]) {
      const point = form.points.find((one) => one.id === pointId);
      if (point) point.quote = false;
    }
    // What stands there now has another version; a response of which nothing is left is gone.
    if (there.status === 200) Object.assign(now.arrived, { version: there.json.version, unquotable: arrivedAs(now, there.json).unquotable });
    now.changed = !sendsSame(now, now.form, now.arrived.form);
  });
  return null;
}
