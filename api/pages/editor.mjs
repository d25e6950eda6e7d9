// One screen a table, or a view: what is typed is saved as it is typed, in one window at a time.

import { get, hear, put, remove, settle, tell, typed, update, withoutLostLeave } from "./saved.mjs";
import { button, count, draw, fill, goTo, h, link, moment, show, summary } from "./element.mjs";
import { faultsOf, fieldId, isEmpty, isOpen, newId, newPoint, optionsOf, sendsSame, silent, standing as standingPoints, today, together } from "./form.mjs";
import { reach, send, standing, takeBack } from "./sending.mjs";
import { ASKED_BY, HANDS, HELPED_BY, PEOPLE, RULE, SETTING, SKIPPED, STANCE, WHO, WHOSE, option } from "./words.mjs";

const SAVE_AFTER = 200;
const GIVE_WAIT = 3_000;
const TRY_AGAIN = 2_000;

/** The screen that is open: how it is left. */
let open = null;

/** Leaves the screen that is open, with everything saved. */
export async function leaveEditor() {
  const leaving = open;
  open = null;
  if (leaving) await leaving.leave();
}

/** Saves what was typed a moment ago. */
export async function flushEditor() {
  await open?.flush();
}

/** How a draft stands, in a few words, and how loud they are. */
export function stateOf(draft) {
  const what = draft.kind === "table" ? "table" : "view";
  if (draft.problem) return { tone: "bad", short: "Needs you", long: `This ${what} is not sent. Everything you typed is still here.` };
  if (draft.finished || draft.post || draft.patch) {
    if (standing.sending === draft.id) return { tone: "busy", short: "Sending", long: "Sending…" };
    if (standing.ended) return { tone: "waits", short: "Waits for you to sign in", long: "Saved on this computer, not sent. Sign in again, and it is sent." };
    if (draft.finished && standing.reached === false) return { tone: "waits", short: "Waits for the network", long: "Saved on this computer, not sent: there is no network. It is sent by itself when the network is back and this page is open." };
    if (draft.finished) return { tone: "waits", short: "Waits to be sent", long: "Saved on this computer. It is sent in a moment." };
  }
  if (!draft.arrived) return { tone: "here", short: "Only on this computer", long: "Saved on this computer only. Not sent yet." };
  if (draft.changed) return { tone: "here", short: "Changed here, not sent", long: "Your changes are saved on this computer only. They are not sent yet." };
  const look = flagged(draft).length;
  if (look > 0) return { tone: "look", short: `Arrived, ${count(look, "point", "points")} to look at`, long: `This ${what} has arrived. ${count(look, "point", "points")} may say who somebody is: please look.` };
  return { tone: "good", short: "Arrived", long: `This ${what} has arrived: ${count(draft.arrived.form.points.length, "point", "points")}, ${moment(draft.arrived.at)}.` };
}

/** Points in which the screen saw something that nobody has looked at. */
function flagged(draft) {
  if (!draft.arrived) return [];
  return draft.arrived.form.points.filter((point) => draft.arrived.flags[point.id] && draft.looked?.[point.id] !== point.text);
}

/** What a draft is called in lists. */
export function nameOf(draft) {
  if (draft.kind === "table") {
    const name = draft.form.table.trim() || "A table without a name";
    return draft.form.sitting.trim() && draft.form.sitting.trim() !== "1" ? `${name}, sitting ${draft.form.sitting.trim()}` : name;
  }
  const first = standingPoints(draft.form)[0]?.text.trim().slice(0, 40);
  return first ? `“${first}…”` : "A view with no words yet";
}

/** Opens a draft, unless another window has it. `back` is where its screen leads back to. */
export async function openEditor(id, services) {
  const lock = "collate-notes-draft-" + id;
  let release;
  const hold = (options) => new Promise((resolve, reject) => {
    navigator.locks.request(lock, options, (held) => {
      if (!held) return resolve(false);
      const until = new Promise((let_go) => { release = let_go; });
      resolve(true);
      return until;
    }).catch((error) => { if (open?.id === id) open.taken(); reject(error); });
  });
  if (await hold({ ifAvailable: true }).catch(() => false)) return edit(id, services, () => release());
  show("Open in another window", h("h1", {}, "This is open in another window"),
    h("p", {}, "To keep what is typed there, it can be changed in one window at a time."),
    button("Work on it here instead", async () => {
      tell({ give: id });
      // A window that was put to sleep does not answer; what it saved is here.
      const given = await hold({ signal: AbortSignal.timeout(GIVE_WAIT) }).catch(() => hold({ steal: true }).catch(() => false));
      if (given) edit(id, services, () => release());
    }, { class: "main" }),
    h("p", {}, link("Back to your notes", "#")));
}

async function edit(id, services, release) {
  // With what a window typed that was put to sleep or ended before it was settled.
  let draft = await settle(id);
  if (!draft) { release(); location.hash = ""; return; }
  let form = structuredClone(draft.form);
  let edits = 0;
  let savedEdits = 0;
  let unwritten = false;
  let again = null;
  let timer = null;
  let saving = Promise.resolve();
  let confirmedSilent = false;
  const kind = draft.kind;
  const what = kind === "table" ? "table" : "view";
  const more = new Set();

  // ------------------------------------------------------------------------------------------------------ saving

  function within(at) {
    const path = at[0] === "point" ? at.slice(2) : at;
    let holder = at[0] === "point" ? form.points.find((point) => point.id === at[1]) : form;
    for (const name of path.slice(0, -1)) holder = holder?.[name];
    return [holder, path.at(-1)];
  }
  const read = (at) => { const [holder, name] = within(at); return holder?.[name]; };
  function write(at, value) {
    const [holder, name] = within(at);
    if (!holder || holder[name] === value) return;
    holder[name] = value;
    touched();
  }
  function touched() {
    edits += 1;
    if (!unwritten) said("Saving…");
    writeDown();
    timer ??= setTimeout(flush, SAVE_AFTER);
  }
  function writeDown() {
    unwritten = false;
    try { typed(draft, form, edits, notSaved); } catch (error) { notSaved(error); }
  }

  function flush() {
    clearTimeout(timer);
    timer = null;
    saving = saving.then(save).catch(notSaved);
    return saving;
  }
  async function save() {
    if (savedEdits === edits) return;
    const upTo = edits;
    const stored = await settle(id, upTo);
    if (unwritten) return;
    savedEdits = upTo;
    for (const { id: point } of withoutLostLeave(form, draft, stored)) {
      const box = document.getElementById(fieldId(["point", point, "quote"]));
      if (box) box.checked = false;
    }
    draft = stored;
    document.body.classList.remove("not-saved");
    tell({ saved: id });
    if (open?.id !== id) return;
    said("Saved on this computer at " + new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }) + ".");
    state();
    notes();
  }
  function notSaved(error) {
    unwritten = true;
    clearTimeout(again);
    again = setTimeout(async () => {
      await get("drafts", id).catch(() => null);
      writeDown();
      flush();
    }, TRY_AGAIN);
    document.body.classList.add("not-saved");
    said("NOT SAVED. This computer does not take any more: " + (error?.message ?? "") + " Leave this page open, and copy what you typed to somewhere else.");
  }

  /** Changes the draft beside its form; what is typed is saved first. */
  async function decide(change) {
    await flush();
    const at = edits;
    const stored = await update("drafts", id, change);
    if (!stored) return;
    // What was typed meanwhile is newer than what was changed.
    if (edits !== at) { await refresh(); tell({ saved: id }); return; }
    draft = stored;
    if (JSON.stringify(form) !== JSON.stringify(stored.form)) { form = structuredClone(stored.form); render(); }
    else { state(); notes(); }
    tell({ saved: id });
  }

  /** Something about this draft was written beside this screen. */
  async function refresh() {
    for (;;) {
      await flush();
      const at = edits;
      const stored = await get("drafts", id);
      if (open?.id !== id || !stored) return;
      if (edits !== at) continue;
      const was = draft;
      draft = stored;
      if (JSON.stringify(form) === JSON.stringify(stored.form)) { state(); notes(); }
      else { form = structuredClone(stored.form); render(); }
      if (!was.problem && stored.problem) document.getElementById("wrong")?.focus();
      if (!was.arrived && stored.arrived && flagged(stored).length > 0) document.getElementById("look")?.focus();
      return;
    }
  }

  // ------------------------------------------------------------------------------------------------------ fields

  const onInput = (event) => {
    const at = event.target.dataset.at && JSON.parse(event.target.dataset.at);
    if (!at) return;
    write(at, event.target.type === "checkbox" ? event.target.checked : event.target.value);
    if (at.at(-1) === "text") grow(event.target);
    skipRows();
    if (at[0] === "point" && at.at(-1) === "concern") concernChanged(at[1]);
    if (at.at(-1) === "service") serviceChosen();
  };
  function grow(area) {
    area.style.setProperty("height", "auto");
    area.style.setProperty("height", area.scrollHeight + 4 + "px");
  }
  const bound = (at) => ({ id: fieldId(at), "data-at": JSON.stringify(at) });

  function input(at, label, { hint, type = "text", width = "wide", ...rest } = {}) {
    const id = fieldId(at);
    return h("div", { class: "field" },
      h("label", { for: id }, label), hint && h("p", { class: "hint", id: id + "-hint" }, hint),
      h("input", { ...bound(at), type, class: width, value: read(at), autocomplete: "off", "aria-describedby": hint ? id + "-hint" : null, ...rest }));
  }
  const counted = (at, label, rest = {}) => input(at, label, { width: "number", inputmode: "numeric", pattern: "[0-9]*", ...rest });

  function choose(at, label, words, { none, hint, ...rest } = {}) {
    const id = fieldId(at);
    return h("div", { class: "field" },
      h("label", { for: id }, label), hint && h("p", { class: "hint", id: id + "-hint" }, hint),
      h("select", { ...bound(at), autocomplete: "off", "aria-describedby": hint ? id + "-hint" : null, ...rest },
        none !== undefined && h("option", { value: "" }, none),
        Object.entries(words).map(([word, label]) => h("option", { value: word, selected: read(at) === word }, label))));
  }
  const tick = (at, label, rest = {}) => h("div", { class: "tick" },
    h("input", { ...bound(at), type: "checkbox", checked: Boolean(read(at)), autocomplete: "off", ...rest }), h("label", { for: fieldId(at) }, label));

  // ------------------------------------------------------------------------------------------------------ a point

  const arrivedPoint = (id) => draft.arrived?.form.points.find((point) => point.id === id);

  function point(one, number) {
    const at = (name) => ["point", one.id, name];
    if (one.removed) {
      return h("div", { class: "point removed", id: "point-" + one.id },
        h("p", {}, `Point ${number} is removed and will not be sent: “${one.text.trim().slice(0, 60)}”`),
        button("Put it back", () => { write(at("removed"), false); question(one.question, at("text")); }));
    }
    const label = "point " + number + (one.question === null ? "" : " of question " + one.question);
    return h("fieldset", { class: "point", id: "point-" + one.id },
      h("legend", { class: "unseen" }, label.charAt(0).toUpperCase() + label.slice(1)),
      h("div", { class: "field" },
        h("label", { for: fieldId(at("text")) }, `Point ${number}: what was said`),
        h("textarea", {
          ...bound(at("text")), rows: 2, autocomplete: "off", spellcheck: "false", maxlength: 10000, "aria-describedby": "notes-" + one.id,
          on: { keydown: (event) => { if (event.key === "Enter" && event.ctrlKey) { event.preventDefault(); addPoint(one.question); } } }, value: one.text,
        })),
      h("div", { class: "notes", id: "notes-" + one.id, "data-notes": one.id }),
      kind === "table" && h("div", { class: "row" },
        choose(at("who"), "Who said it", WHO, { none: "Choose, if you know" }),
        h("fieldset", { class: "hands" }, h("legend", {}, "Show of hands, if there was one"),
          h("div", { class: "row tight" }, Object.entries(HANDS).map(([way, word]) => counted(at(way), word))))),
      h("div", { class: "row" }, tick(at("quote"), "They said we may quote these words"),
        tick(at("concern"), "Somebody may be at risk", { "aria-describedby": "concern-" + one.id, disabled: Boolean(arrivedPoint(one.id)?.concern) })),
      h("div", { id: "concern-" + one.id, "data-concern": one.id }, concern(one)),
      h("div", { class: "row start" }, h("details", { class: "more", open: more.has(one.id), on: { toggle: (event) => event.target.open ? more.add(one.id) : more.delete(one.id) } },
        h("summary", {}, "More about " + label),
        choose(at("stance"), "How they see the draft", STANCE, { none: "Not clear" }),
        kind === "table" && tick(at("verbatim"), "These are their very words"),
        draft.asked.sections.length > 0 && choose(at("section"), "Part of the draft that it is about", Object.fromEntries(draft.asked.sections.map(({ ref, title }) => [ref, ref + " " + title])), { none: "No part in particular" }),
        kind === "table" && choose(at("setting"), "Kind of service that it is about", SETTING, { none: "Not said" }),
        choose(at("helped_by"), "Who helped them to say it", HELPED_BY, { none: "Nobody, or not known" }),
        kind === "table" && !arrivedPoint(one.id) && input(at("slip"), "Code of the slip that they were given, if any", { hint: "With this code they can take their words back. Copy it letter by letter." })),
      arrivedPoint(one.id)
        ? h("details", { class: "more" }, h("summary", {}, "Take back " + label), takingBack(one))
        : button("Remove " + label, () => {
            if (isEmpty(one)) { form.points.splice(form.points.indexOf(one), 1); touched(); question(one.question); return; }
            write(at("removed"), true);
            question(one.question);
            document.querySelector(`#point-${CSS.escape(one.id)} button`)?.focus();
          }, { class: "quiet small" })));
  }

  function concern(one) {
    if (!one.concern) return [];
    const at = (name) => ["point", one.id, name];
    return h("div", { class: "concern" },
      h("p", {}, h("strong", {}, "Follow your local safeguarding procedure today."), " Nobody does it for you, and sending this page does not do it. Coders are not shown this point while it waits, and it is never quoted."),
      input(at("raised_on"), "Day on which it was noticed", { type: "date", width: "date" }),
      input(at("passed_to"), "Who it was passed on to", { hint: "Their job or office, for example “the safeguarding lead”. No name is needed." }),
      input(at("passed_on"), "Day on which it was passed on", { type: "date", width: "date", hint: "Leave it empty until that is done." }));
  }
  function concernChanged(id) {
    const one = form.points.find((point) => point.id === id);
    if (one.concern && !one.raised_on) write(["point", id, "raised_on"], today());
    fill(document.getElementById("concern-" + id), concern(one));
  }

  function takingBack(one) {
    let scope = "all";
    let asked = "";
    const said = h("p", { role: "status" });
    return h("div", {},
      h("p", {}, "For somebody who asks for their words back. It is done at once, and nobody has to say why."),
      h("div", { class: "field" }, h("label", { for: "scope-" + one.id }, "What is taken back"),
        h("select", { id: "scope-" + one.id, on: { change: (event) => { scope = event.target.value; } } },
          h("option", { value: "all" }, "The whole point: it counts nowhere"), h("option", { value: "quote" }, "Only the leave to quote it: it still counts"))),
      h("div", { class: "field" }, h("label", { for: "asked-" + one.id }, "Who asks"),
        h("select", { id: "asked-" + one.id, on: { change: (event) => { asked = event.target.value; } } },
          h("option", { value: "" }, "Choose"), Object.entries(ASKED_BY).map(([word, label]) => h("option", { value: word }, label)))),
      button("Take it back", async () => {
        if (!asked) return fill(said, "Choose who asks.");
        await flush();
        const wrong = await takeBack(id, one.id, scope, asked).catch(() => "This needs the network, and there is none now. Try again when it is back.");
        if (wrong) fill(said, wrong); else await refresh();
      }), said);
  }

  /** What there is to say about each point: what the screen saw, what was refused, what somebody else wrote. */
  function notes() {
    for (const element of document.querySelectorAll("[data-notes]")) {
      const one = form.points.find((point) => point.id === element.dataset.notes);
      if (!one) continue;
      const of = fieldId(["point", one.id, ""]);
      const key = [draft.problem?.faults?.filter(({ field }) => field?.startsWith(of)), draft.both?.filter(({ at }) => at[1] === one.id), draft.ask_again?.includes(one.id),
        draft.arrived?.flags[one.id], arrivedPoint(one.id)?.text === one.text.trim(), draft.looked?.[one.id] === one.text.trim()];
      draw(element, key, () => notesOf(one));
    }
    skipRows();
    look();
  }
  function notesOf(one) {
    const faults = (draft.problem?.faults ?? []).filter((fault) => fault.field?.startsWith(fieldId(["point", one.id, ""])));
    const both = (draft.both ?? []).filter(({ at }) => at[1] === one.id);
    const flags = draft.arrived?.flags[one.id];
    const same = arrivedPoint(one.id)?.text === one.text.trim();
    const symbols = [...(arrivedPoint(one.id)?.text ?? "")];
    return [
      faults.map(({ detail }) => h("p", { class: "fault" }, h("strong", {}, "Refused: "), detail)),
      both.map(({ theirs }) => h("p", { class: "seen" }, h("strong", {}, "Somebody else wrote: "), `“${theirs}”. Yours is kept unless you change it.`)),
      draft.ask_again?.includes(one.id) && h("p", { class: "seen" }, "These words were changed, so the leave to quote them is gone. Ask them again, and tick the box if they agree."),
      flags && same && draft.looked?.[one.id] !== one.text.trim() && h("div", { class: "seen" },
        h("p", {}, h("strong", {}, "This may say who somebody is. "), "It is not quoted until that is settled."),
        h("ul", {}, flags.map(({ start, end, rule }) => h("li", {}, h("mark", {}, symbols.slice(start, end).join("")), " " + RULE[rule]))),
        button("Change the words of this point", () => {
          const area = document.getElementById(fieldId(["point", one.id, "text"]));
          goTo(area.id);
          area.setSelectionRange(symbols.slice(0, flags[0].start).join("").length, symbols.slice(0, flags[0].end).join("").length);
        }),
        button("Nobody can be known by it", () => decide((now) => { now.looked = { ...now.looked, [one.id]: one.text.trim() }; }))),
      flags && same && draft.looked?.[one.id] === one.text.trim() && h("p", { class: "seen" }, "You said that nobody can be known by it. It is not quoted until a national lead has said so, too."),
      flags && !same && h("p", { class: "seen" }, "You changed these words. Send the changes, and they are looked at again."),
    ];
  }

  // ------------------------------------------------------------------------------------------------- a question

  const pointsOf = (number) => form.points.filter((point) => point.question === number);

  function addPoint(number) {
    const one = newPoint(number);
    form.points.push(one);
    touched();
    question(number, ["point", one.id, "text"]);
  }

  /** Draws one question anew, and puts the reader at a field of it. */
  function question(number, focus) {
    const asked = draft.asked.questions.find((one) => one.number === number) ?? null;
    document.getElementById("question-" + (number ?? "none")).replaceWith(asked ? asking(asked) : elsewhere());
    for (const area of document.querySelectorAll("textarea")) grow(area);
    notes();
    if (focus) goTo(fieldId(focus));
  }

  function asking(asked) {
    const of = form.questions[asked.number];
    const points = pointsOf(asked.number);
    const body = [];
    if (kind === "table" && of.skipped) {
      body.push(h("p", { class: "skipped" }, h("strong", {}, "Not discussed: "), SKIPPED[of.skipped].toLowerCase() + "."),
        button(`Question ${asked.number} was discussed after all`, () => { skip(asked.number, ""); }, { id: fieldId(["questions", asked.number, "skipped"]) }));
    } else {
      if (!isOpen(asked)) body.push(kind === "table" ? tally(asked) : choices(asked));
      body.push(points.map((one, at) => point(one, at + 1)));
      body.push(h("div", { class: "buttons" },
        button(points.length > 0 ? `Add another point to question ${asked.number}` : `Add a point to question ${asked.number}`, () => addPoint(asked.number), { class: "second" })));
      if (kind === "table") {
        body.push(h("div", { class: "skip-row", role: "group", "data-skip": asked.number, "aria-label": `Question ${asked.number} was not discussed` },
          h("span", {}, "Not discussed:"),
          Object.entries(SKIPPED).map(([reason, word], at) => button(word, () => skip(asked.number, reason), at === 0 ? { id: fieldId(["questions", asked.number, "skipped"]) } : {}))));
      }
    }
    return h("section", { class: "question", id: "question-" + asked.number, "aria-labelledby": "prompt-" + asked.number },
      h("h2", { id: "prompt-" + asked.number }, h("span", { class: "number" }, `Question ${asked.number}`), " ", asked.prompt),
      asked.easy_read_prompt && h("p", { class: "hint" }, asked.easy_read_prompt), body);
  }

  /** Whoever has written something on a question is not asked why it was not discussed. */
  function skipRows() {
    const quiet = kind === "table" ? silent({ asked: draft.asked, form }).map(({ number }) => String(number)) : [];
    for (const row of document.querySelectorAll("[data-skip]")) row.hidden = !quiet.includes(row.dataset.skip);
  }

  function skip(number, reason) {
    write(["questions", number, "skipped"], reason);
    question(number, reason ? ["questions", number, "skipped"] : undefined);
    if (!reason) document.querySelector(`#question-${number} textarea, #question-${number} input`)?.focus();
  }

  function tally(asked) {
    return h("fieldset", { class: "tally" }, h("legend", {}, "How many chose each answer"),
      h("div", { class: "row tight" }, optionsOf(asked).map((word, at) => counted(["questions", asked.number, "tally", at], option(word)))));
  }

  function choices(asked) {
    const several = asked.kind === "multiple_choice";
    const all = optionsOf(asked);
    return h("fieldset", { class: "choices" }, h("legend", {}, several ? "Tick all that apply" : "Choose one"),
      all.map((word, at) => {
        const path = ["questions", asked.number, "chosen", at];
        if (several) return tick(path, option(word));
        return h("div", { class: "tick" },
          h("input", {
            id: fieldId(path), type: "radio", name: "question-" + asked.number, checked: read(path), autocomplete: "off",
            on: { change: () => all.forEach((_, other) => write(["questions", asked.number, "chosen", other], other === at)) },
          }), h("label", { for: fieldId(path) }, option(word)));
      }),
      !several && button("None of them", () => { all.forEach((_, other) => write(["questions", asked.number, "chosen", other], false)); question(asked.number); }, { class: "quiet small" }));
  }

  function elsewhere() {
    const points = pointsOf(null);
    return h("section", { class: "question", id: "question-none", "aria-labelledby": "prompt-none" },
      h("h2", { id: "prompt-none" }, "Anything else that was said"),
      points.map((one, at) => point(one, at + 1)),
      h("div", { class: "buttons" }, button(points.length > 0 ? "Add another point that fits no question" : "Add a point that fits no question", () => addPoint(null), { class: "second" })));
  }

  // -------------------------------------------------------------------------------------------------- the screen

  function said(words) {
    const element = document.getElementById("saved");
    if (element && element.textContent !== words) fill(element, words);
  }

  /** How it stands, and what was refused. */
  function state() {
    const element = document.getElementById("state");
    if (!element) return;
    const { tone, long } = stateOf(draft);
    element.className = "state " + tone;
    draw(element, long, () => h("p", {}, long));
    draw(document.getElementById("problem"), [draft.problem, draft.both?.length], problemOf);
    draw(document.getElementById("reminders"), [draft.arrived?.reminders, draft.arrived?.receipt], reminding);
    draw(document.getElementById("finish"), [Boolean(draft.arrived), draft.changed, draft.finished, Boolean(draft.problem)], finishing);
  }

  function reminding() {
    return [
      (draft.arrived?.reminders ?? []).map(({ text }) => h("div", { class: "concern", role: "note" }, h("p", {}, h("strong", {}, text)))),
      draft.arrived?.receipt && h("div", { class: "receipt" },
        h("p", {}, "Receipt for whoever said this: ", h("strong", {}, draft.arrived.receipt)),
        h("p", {}, "Write it down and hand it to them. With it they can take their words back, without giving a name. It leaves this computer when you sign out.")),
    ];
  }

  function finishing() {
    if (draft.arrived && !draft.changed && !draft.problem) return h("p", {}, `Everything on this screen has arrived. If you find a mistake, change it here and send the change.`);
    if (draft.finished && !draft.problem) return h("p", {}, `You said that this ${what} is finished. You can change it until it is sent, and afterwards too.`);
    return button(draft.arrived ? "Send the changes" : `This ${what} is finished, send it`, finish, { class: "main" });
  }

  function problemOf() {
    const problem = draft.problem;
    if (!problem) return draft.both?.length ? h("div", { class: "seen" }, h("p", {}, "Both versions are put together below. Where both of you had changed the same thing, yours stays, and what they wrote stands beside it. Look through it, and send the changes.")) : [];
    if (problem.kind === "refused") {
      const faults = problem.faults.length > 0 ? problem.faults : [{ field: null, detail: problem.detail }];
      const why = problem.faults.length > 0 ? "It was not taken. Please mend this:" : problem.title;
      return [summary(why, faults), problem.code === "consultation-not-open" && h("p", {}, "What you typed stays on this computer. If the consultation opens again, send it then; or ask a national lead.")];
    }
    const there = problem.theirs;
    const asNew = button("Keep mine as a new " + what, renumber);
    if (problem.kind === "withdrawn") {
      return [summary("It was taken back", [{ detail: `This ${what} had arrived, and was taken back since. It does not come back by itself.` }]), asNew];
    }
    if (!there) return [summary("It could not be sent", [{ detail: "Something else stands under its number." }]), asNew];
    const base = problem.kind === "changed-elsewhere" ? draft.arrived.form : there.form;
    const { both } = together(problem.kind === "changed-elsewhere" ? base : { ...there.form, points: [] }, form, there.form);
    return [
      summary(problem.kind === "changed-elsewhere" ? `Somebody changed this ${what} meanwhile` : `What arrived differs from what is here`,
        [{ detail: problem.kind === "changed-elsewhere" ? "Your changes are still here, and not sent." : `An earlier version of this ${what} arrived. What you typed since is still here, and not sent.` }]),
      both.length > 0 && h("details", { class: "more" }, h("summary", {}, `What stands there: ${count(both.length, "difference", "differences")}`),
        h("ul", {}, both.map(({ at, theirs }) => h("li", {}, `Here: “${read(at) ?? ""}”. There: “${theirs}”.`)))),
      h("div", { class: "buttons" },
        button(problem.kind === "changed-elsewhere" ? "Put both together" : "Send the difference as a correction", () => decide((now) => {
          const { form: joined, both } = together(base, now.form, there.form);
          for (const point of there.form.points) if (!joined.points.some((one) => one.id === point.id)) joined.points.push(point);
          now.form = joined;
          now.both = problem.kind === "changed-elsewhere" ? both : [];
          now.arrived = there;
          now.changed = !sendsSame(now, joined, there.form);
          now.problem = null;
        }), { class: "second" }),
        button("Drop mine, and keep what stands there", () => {
          if (!confirm("What you typed and did not send will be gone. Drop it?")) return;
          decide((now) => { now.form = structuredClone(there.form); now.arrived = there; now.changed = false; now.problem = null; now.both = []; });
        })),
    ];
  }

  /** The same words under numbers of their own, where those that they had belong to something else. */
  async function renumber() {
    await leaveEditor();
    const fresh = { ...structuredClone(draft), id: newId(), arrived: null, post: null, patch: null, problem: null, changed: false };
    fresh.form.points = form.points.map((point) => ({ ...point, id: newId() }));
    await put("drafts", fresh.id, fresh);
    await remove("drafts", id);
    location.hash = "draft/" + fresh.id;
  }

  /** Where to look, when the screen saw something. */
  function look() {
    const element = document.getElementById("look");
    if (!element) return;
    const points = flagged(draft).filter((point) => form.points.some((one) => one.id === point.id && one.text.trim() === point.text));
    element.hidden = points.length === 0;
    draw(element, points.map((point) => [point.id, pointsOf(point.question).findIndex((one) => one.id === point.id)]), () => points.length > 0 && [
      h("h2", {}, "Please look: this may say who somebody is"),
      h("ul", {}, points.map((point) => {
        const field = fieldId(["point", point.id, "text"]);
        const number = pointsOf(point.question).findIndex((one) => one.id === point.id) + 1;
        return h("li", {}, h("a", { href: "#" + field, on: { click: (event) => { event.preventDefault(); goTo(field); } } }, (point.question === null ? "Anything else" : "Question " + point.question) + ", point " + number));
      }))]);
  }

  async function finish() {
    await flush();
    const place = document.getElementById("problem");
    const faults = faultsOf({ kind, asked: draft.asked, form });
    if (faults.length > 0) {
      draw(place, ["faults", faults], () => summary("Please mend this first:", faults));
      return document.getElementById("wrong").focus();
    }
    const quiet = kind === "table" && !draft.arrived && !confirmedSilent ? silent({ asked: draft.asked, form }) : [];
    if (quiet.length > 0) {
      const names = quiet.map(({ number }) => number).join(", ");
      draw(place, ["quiet", names], () => h("div", { class: "seen", id: "wrong", tabindex: "-1" },
        h("h2", {}, `Nothing is written for ${quiet.length === 1 ? "question" : "questions"} ${names}`),
        h("p", {}, "If the table did not come to it, say so: that is worth knowing, too."),
        h("div", { class: "buttons" },
          button("They ran out of time", () => { for (const { number } of quiet) write(["questions", number, "skipped"], "no_time"); render(); finish(); }, { class: "second" }),
          button("Send it as it is", () => { confirmedSilent = true; finish(); }, { class: "second" }),
          button("Go back to it", () => goTo(fieldId(["questions", quiet[0].number, "skipped"]))))));
      return document.getElementById("wrong").focus();
    }
    await decide((now) => { now.finished = true; now.problem = null; now.both = []; });
    document.getElementById("state").scrollIntoView({ block: "center" });
    document.getElementById("state").focus();
    if (standing.reached === false) reach(); else send();
  }

  function serviceChosen() {
    const service = services.find((one) => one.id === form.service);
    if (service && !form.setting) { write(["setting"], service.setting); document.getElementById(fieldId(["setting"])).value = service.setting; }
  }

  function about() {
    if (kind === "table") {
      return [
        h("section", { class: "question", "aria-labelledby": "about" }, h("h2", { id: "about" }, "The table"),
          h("div", { class: "row" }, input(["table"], "Name of the table", { maxlength: 100, width: "middle" }),
            counted(["sitting"], "Sitting (1, unless people changed tables)"), counted(["minutes"], "Minutes they talked")),
          h("fieldset", {}, h("legend", {}, "Who is here: how many of each"),
            h("div", { class: "row tight" }, Object.entries(PEOPLE).map(([who, label]) => counted(["people", who], label))))),
      ];
    }
    const fixed = draft.arrived ? { disabled: true } : {};
    return h("section", { class: "question", "aria-labelledby": "about" }, h("h2", { id: "about" }, "Whose view it is"),
      choose(["service"], "Service", Object.fromEntries(services.map((service) => [service.id, service.name])), { none: services.length === 1 ? undefined : "Choose", ...fixed }),
      choose(["who"], "Who they are", WHOSE), choose(["setting"], "Kind of service", SETTING, { none: "Not said", ...fixed }),
      counted(["people"], "How many people it speaks for", { hint: "Leave it empty if you do not know." }),
      input(["sheet"], "Version of the information sheet that they were given, if any", { maxlength: 100, width: "middle" }));
  }

  function render() {
    const focused = document.activeElement?.id;
    const place = scrollY;
    fill(document.getElementById("form"), about(), draft.asked.questions.map(asking), elsewhere());
    for (const area of document.querySelectorAll("textarea")) grow(area);
    state();
    notes();
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
    scrollTo(0, place);
  }

  if (kind === "view" && services.length === 1 && !form.service) { form.service = services[0].id; form.setting ||= services[0].setting; touched(); }
  const back = kind === "table" ? `#meeting/${draft.consultation}/${draft.meeting}` : `#views/${draft.consultation}`;
  const form_ = h("div", { id: "form", on: { input: onInput, change: onInput } });
  const stop = hear((message) => {
    if (message.draft === id) refresh();
    if (message.standing) state();
    if (message.give === id) { leaveEditor().then(() => openEditor(id, services)); }
  });
  const asks = (event) => { if (unwritten) event.preventDefault(); };
  addEventListener("beforeunload", asks);
  const leaving = async () => {
    stop();
    await flush();
    removeEventListener("beforeunload", asks);
    release();
  };
  open = { id, flush, leave: leaving, taken: () => { stop(); open = null; openEditor(id, services); } };
  show(kind === "table" ? "A table’s notes" : "A person’s view",
    h("p", { class: "back" }, link(kind === "table" ? "Back to the meeting" : "Back to the views", back)),
    h("h1", {}, kind === "table" ? "A table’s notes" : "A person’s view"),
    h("p", { class: "place" }, draft.place, h("br"), draft.asked.title),
    h("div", { id: "state", tabindex: "-1", role: "status" }), h("div", { id: "problem" }), h("div", { id: "reminders" }),
    h("div", { id: "look", class: "seen", tabindex: "-1", hidden: true }),
    h("p", { class: "hint" }, "Everything you type is saved as you type it. In a point, Ctrl and Enter start the next one."),
    form_,
    h("div", { class: "finish" }, h("div", { id: "finish" }), h("p", { id: "saved", class: "hint" }, `Saved on this computer.`)),
    !draft.arrived && button(`Delete this ${what} from this computer`, async () => {
      if (draft.post || draft.arrived) return alert(`It may have arrived already, so it cannot be deleted here. Wait until it is sent, and take its points back.`);
      if (!confirm(`Delete this ${what}? What you typed is on this computer only, and will be gone.`)) return;
      await leaveEditor();
      await remove("drafts", id);
      tell({ saved: id });
      location.hash = back;
    }, { class: "quiet small" }));
  render();
}
