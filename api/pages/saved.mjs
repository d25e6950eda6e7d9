// What is kept on this computer: the sign-in, lists to choose from, and what was typed. Everything goes through here.
//
// Each keystroke is written at once, beside its draft (`typed`), in a transaction that needs nothing more of this page: the page
// may be gone the moment after. What was typed is settled into its draft a little later, or when the page is opened again.
//
// A record is changed within one transaction, by a function that is given it as it stands: two windows that change one
// record come one after the other, and neither writes over what the other did.

import { sendsSame } from "./form.mjs";

const NAME = "collate-notes";
const STORES = ["session", "lists", "drafts", "typed"];
let opened;
let database;

function opening() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      // A later version of this page wants to change the shape: it must not wait for this window.
      database = request.result;
      const forget = () => { opened = database = undefined; };
      database.onversionchange = () => { database.close(); forget(); };
      database.onclose = forget;
      resolve(database);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another window holds an older version"));
  });
}

async function transaction(stores, mode, work) {
  opened ??= opening();
  await opened.catch((error) => { opened = undefined; throw error; });
  return new Promise((resolve, reject) => {
    // Written through to the disk: the battery of an old laptop may end at any time.
    const within = database.transaction(stores, mode, { durability: "strict" });
    let result;
    work(...[stores].flat().map((store) => within.objectStore(store)), (value) => { result = value; });
    within.oncomplete = () => resolve(result);
    within.onabort = within.onerror = () => reject(within.error ?? new Error("not saved"));
  });
}

/** The record of this key, or undefined. */
export function get(store, key) {
  return transaction(store, "readonly", (records, give) => {
    records.get(key).onsuccess = (event) => give(event.target.result);
  });
}

/** Every record. */
export function all(store) {
  return transaction(store, "readonly", (records, give) => {
    records.getAll().onsuccess = (event) => give(event.target.result);
  });
}

/** Writes a record. */
export function put(store, key, value) {
  return transaction(store, "readwrite", (records) => { records.put(value, key); });
}

/** Removes a record. */
export function remove(store, key) {
  return transaction(store, "readwrite", (records) => { records.delete(key); });
}

/** Removes every record for which `which` says so; how many there were. */
export function removeWhere(store, which) {
  return transaction(store, "readwrite", (records, give) => {
    let gone = 0;
    records.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return give(gone);
      if (which(cursor.value, cursor.key)) { cursor.delete(); gone += 1; }
      cursor.continue();
    };
  });
}

/** Changes a record by `change`, which gets it as it stands and changes it in place; what it is then. Nothing happens where there is none. */
export function update(store, key, change) {
  return transaction(store, "readwrite", (records, give) => {
    records.get(key).onsuccess = (event) => {
      const record = event.target.result;
      if (!record) return;
      change(record);
      records.put(record, key);
      give(record);
    };
  });
}

/** Writes down what was typed into `draft`, at once; `failed` is told if that does not succeed. */
export function typed(draft, form, edits, failed) {
  const within = database.transaction("typed", "readwrite");
  within.onabort = () => failed(within.error);
  within.objectStore("typed").put({ draft: { ...draft, form }, edits }, draft.id);
  within.commit();
}

/** Where changed words have lost the leave to be quoted since `before`, takes it out of a form that was typed on: `now` says of which. */
export function withoutLostLeave(form, before, now) {
  if (before.arrived?.version === now.arrived?.version) return [];
  const lost = form.points.filter((point) => point.quote && now.ask_again?.includes(point.id));
  for (const point of lost) point.quote = false;
  return lost;
}

/** Settles what was typed into its draft: that of `id` up to so many edits, or all of it. What the draft of `id` is then. */
export function settle(id, upTo = Infinity) {
  return transaction(["drafts", "typed"], "readwrite", (drafts, entries, give) => {
    entries.openCursor(id).onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) {
        if (id) drafts.get(id).onsuccess = (found) => give(found.target.result);
        return;
      }
      const { draft, edits } = cursor.value;
      drafts.get(draft.id).onsuccess = (found) => {
        // Where there is none any more it had arrived, and somebody signed out in another window: what was typed since is nowhere else.
        const record = found.target.result ?? draft;
        record.form = draft.form;
        withoutLostLeave(record.form, draft, record);
        record.edited = new Date().toISOString();
        record.finished = false;
        record.changed = Boolean(record.arrived) && !sendsSame(record, record.form, record.arrived.form);
        drafts.put(record, record.id);
        if (edits <= upTo) cursor.delete();
        cursor.continue();
      };
    };
  });
}

/** Tells other windows of this browser, and is told by them. */
const channel = new BroadcastChannel(NAME);
const listeners = new Set();
channel.onmessage = (event) => { for (const listener of listeners) listener(event.data); };

/** Says something to every window, this one as well. */
export function tell(message) {
  channel.postMessage(message);
  for (const listener of listeners) queueMicrotask(() => listener(message));
}

/** Calls `listener` with what any window says. */
export function hear(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
