// Elements, made one way: text is always text, so that nothing anybody typed can become markup.

/** An element with attributes and children. `on` holds listeners; what is false or null is left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "value") element.value = value;
    else if (name === "checked") element.checked = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === false || child === null || child === undefined) continue;
    element.append(child);
  }
}

/** Puts these children in place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

/** The same, where what is shown there is of another `key`: what stays is not drawn anew, so that nobody is moved out of it. */
export function draw(element, key, make) {
  const said = JSON.stringify(key);
  if (element.dataset.drawn === said) return;
  element.dataset.drawn = said;
  fill(element, make());
}

/** A button that does something here. */
export function button(label, press, attributes = {}) {
  return h("button", { type: "button", class: "quiet", on: { click: press }, ...attributes }, label);
}

/** A link to another screen of this page. */
export function link(label, href, attributes = {}) {
  return h("a", { href, ...attributes }, label);
}

/** Shows a screen: its title in the window, and its heading where the reader stands now. */
export function show(title, ...children) {
  document.title = title + " – Collate";
  fill(document.getElementById("main"), children);
  const heading = document.querySelector("#main h1");
  if (!heading) return;
  heading.setAttribute("tabindex", "-1");
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** What is wrong, with links to where it is mended. `faults` are `{field, detail}`; without a field they are said only. */
export function summary(title, faults, attributes = {}) {
  const one = ({ field, detail }) => h("li", {}, field && document.getElementById(field)
    ? h("a", { href: "#" + field, on: { click: (event) => { event.preventDefault(); goTo(field); } } }, detail)
    : detail);
  return h("div", { class: "wrong", role: "alert", tabindex: "-1", id: "wrong", ...attributes },
    h("h2", {}, title), h("ul", {}, faults.map(one)));
}

/** Brings a field into view and puts the reader there; opens what hides it. */
export function goTo(field) {
  const element = document.getElementById(field);
  if (!element) return;
  for (let within = element.closest("details"); within; within = within.parentElement.closest("details")) within.open = true;
  element.focus();
  element.scrollIntoView({ block: "center" });
}

/** "Thursday 3 October 2019", as the day is in England. */
export function day(instant) {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "Europe/London" }).format(new Date(instant)).replace(",", "");
}

/** "3 October 2019, 14:05". */
export function moment(instant) {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "Europe/London" }).format(new Date(instant)).replace(" at ", ", ");
}

/** "1 table", "3 tables". */
export function count(number, one, several) {
  return number + " " + (number === 1 ? one : several);
}
