// Who is signed in on this computer, and calling the API for them.
//
// Tokens are kept in the browser's database beside what was typed, so that a reload or a crash asks nobody to sign in again;
// they go with sign-out. An access token that ran out is renewed by whichever window comes first: a refresh token is good
// once, and showing it twice would end the sign-in.

import { get, put, remove, removeWhere, settle, tell, update } from "./saved.mjs";

/** Nobody answered: no network, or a service that is not there now. To be tried again. */
export class NotReached extends Error {
  constructor(after) { super("not reached"); this.after = after; }
}

/** The sign-in has ended: somebody has to sign in again. */
export class SignInEnded extends Error {}

/** Who is signed in: `{user, name, email, grants, access, refresh, ended}`, or undefined. */
export function session() {
  return get("session", "now");
}

async function ask(method, path, { body, form, version, token } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = "Bearer " + token;
  if (version) headers["If-Match"] = `"${version}"`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method, headers,
      body: form ? new URLSearchParams(form) : body === undefined ? undefined : JSON.stringify(body),
      // Nothing that anybody said may stay in the browser's own cache.
      cache: "no-store", credentials: "omit", redirect: "error",
      signal: AbortSignal.timeout(60_000),
    });
    const text = await answer.text();
    const json = text === "" ? null : JSON.parse(text);
    if (answer.status >= 500 || answer.status === 429) throw new NotReached(Number(answer.headers.get("Retry-After")) || 0);
    return { status: answer.status, json, version: Number((answer.headers.get("ETag") ?? "").replaceAll('"', "")) || null };
  } catch (error) {
    if (error instanceof NotReached) throw error;
    // A page of some gateway in place of an answer is no answer.
    throw new NotReached(0);
  }
}

/**
 * Calls the API as whoever is signed in, or as `as` and nobody else: what one person typed never goes out under the name of
 * the next at this machine. Gives every answer but those that mean to try again or to sign in again.
 */
export async function call(method, path, { as, ...options } = {}) {
  let now = await session();
  if (!now || now.ended) throw new SignInEnded();
  if (as && now.user !== as) throw new NotReached(0);
  let answer = await ask(method, path, { ...options, token: now.access });
  if (answer.status !== 401) return answer;
  now = await renewed(now);
  answer = await ask(method, path, { ...options, token: now.access });
  if (answer.status === 401) { await end(now); throw new SignInEnded(); }
  return answer;
}

/** The sign-in with a token that is good, after that of `refused` was not. */
function renewed(refused) {
  return navigator.locks.request("collate-notes-renewing", async () => {
    const now = await session();
    if (!now || now.ended) throw new SignInEnded();
    if (now.user !== refused.user) throw new NotReached(0);
    if (now.access !== refused.access) return now;
    const answer = await ask("POST", "/v1/auth/token", { form: { grant_type: "refresh_token", refresh_token: now.refresh } });
    if (answer.status !== 200) { await end(now); throw new SignInEnded(); }
    const renewed = await update("session", "now", (record) => {
      if (record.user !== now.user) return;
      record.access = answer.json.access_token;
      record.refresh = answer.json.refresh_token;
    });
    // Somebody else signed in meanwhile: nobody's words go out under their name.
    if (renewed?.user !== now.user) throw new NotReached(0);
    return renewed;
  });
}

/** The sign-in is over: what has arrived leaves this computer as it does with sign-out, what has not stays. */
async function end(of) {
  await update("session", "now", (record) => {
    if (record.user !== of.user) return;
    record.ended = true;
    record.access = record.refresh = null;
  });
  await removeWhere("drafts", (draft) => draft.user === of.user && !isUnsent(draft));
  tell({ ended: of.user });
}

/** Every item of a list, page by page. */
export async function everything(path) {
  const items = [];
  let cursor = "";
  do {
    const answer = await call("GET", path + (path.includes("?") ? "&" : "?") + "limit=250" + cursor);
    if (answer.status !== 200) throw Object.assign(new Error(answer.json?.detail ?? "refused"), { status: answer.status });
    items.push(...answer.json.items);
    cursor = answer.json.next_cursor ? "&cursor=" + encodeURIComponent(answer.json.next_cursor) : null;
  } while (cursor !== null);
  return items;
}

/** Signs somebody in; what went wrong, in words, or nothing. */
export async function signIn(email, password) {
  const answer = await ask("POST", "/v1/auth/sign-in", { body: { email, password } });
  if (answer.status === 401) return "E-mail address and password do not fit together. Check both, or ask an administrator for a new password.";
  if (answer.status !== 200) return answer.json?.detail ?? "The sign-in was refused.";
  const me = await ask("GET", "/v1/me", { token: answer.json.access_token });
  if (me.status !== 200) return me.json?.detail ?? "The sign-in was refused.";
  const was = await session();
  if (was && was.user !== me.json.id) await leaveNothingOf(was.user);
  await put("session", "now", {
    user: me.json.id, name: me.json.name, email, grants: me.json.grants, ended: false,
    access: answer.json.access_token, refresh: answer.json.refresh_token,
  });
  tell({ signedIn: me.json.id });
  return null;
}

/** Whether this holds words that are nowhere else. */
export function isUnsent(draft) {
  return !draft.arrived || draft.changed || Boolean(draft.post) || Boolean(draft.patch);
}

/** Removes what has arrived and every list from this computer; what was not sent stays, for whoever typed it. */
export async function leaveNothingOf(user) {
  await settle();
  await removeWhere("lists", () => true);
  await removeWhere("drafts", (draft) => draft.user === user && !isUnsent(draft));
  await remove("session", "now");
}

/** Signs out: nothing that was sent stays here. The service ends the sign-in where it can be reached; where not, its tokens are gone all the same. */
export async function signOut() {
  const now = await session();
  if (!now) return;
  const told = now.refresh && ask("POST", "/v1/auth/sign-out", { body: { refresh_token: now.refresh } }).catch(() => null);
  await leaveNothingOf(now.user);
  await told;
  tell({ signedOut: now.user });
}
