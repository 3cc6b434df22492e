// Creates and finds elements. Texts are always inserted as text, so they cannot become markup.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * The element of the page with this id.
 *
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind the required type
 * @returns {E}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} named ${id}`);
  return element;
}

/**
 * Creates an element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | null | undefined>} attributes `true` sets an attribute without a value;
 * `false`, `null` and `undefined` leave it out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...present(children));
  return element;
}

/**
 * Creates a button.
 *
 * @param {string} text
 * @param {() => void} act
 * @param {Record<string, string | boolean | null | undefined>} attributes
 */
export function button(text, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

/**
 * Replaces the children of an element.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...present(children));
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== false));
}

/**
 * A text split into pieces, with an element for each span. Spans count characters, not UTF-16 code units, and do not
 * overlap. An empty span is a position between two characters.
 *
 * @param {string} text
 * @param {{ span: { start: number, end: number }, name: string }[]} marks each span with the class of its element
 * @returns {Node[]}
 */
export function marked(text, marks) {
  const characters = Array.from(text);
  const nodes = [];
  let at = 0;
  const ordered = [...marks].sort((one, other) => one.span.start - other.span.start);
  for (const { span, name } of ordered) {
    const start = Math.min(Math.max(span.start, at), characters.length);
    const end = Math.min(Math.max(span.end, start), characters.length);
    if (start > at) nodes.push(document.createTextNode(characters.slice(at, start).join("")));
    const isPlace = start === end;
    nodes.push(make("mark", { class: isPlace ? `${name} place` : name }, characters.slice(start, end).join("")));
    at = end;
  }
  if (at < characters.length) nodes.push(document.createTextNode(characters.slice(at).join("")));
  return nodes;
}

/**
 * A text in which each control character is shown as its code point. So a text from right to left cannot rearrange what
 * stands beside it, and what cannot be seen can be noticed.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function visible(text) {
  return text.split(/([^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/u).map((part, index) => {
    if (index % 2 === 0) return part;
    const code = (part.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return make("span", { class: "control", "data-code": `U+${code}` }, part);
  });
}

/**
 * Calls a function when a person presses a key outside of fields and dialogs.
 *
 * @param {string} key in small letters
 * @param {() => void} act
 */
export function onKey(key, act) {
  document.addEventListener("keydown", (event) => {
    const isElsewhere = !(event.target instanceof Element && event.target.closest("input, textarea, select, dialog"));
    if (event.key.toLowerCase() !== key || event.ctrlKey || event.metaKey || event.altKey || !isElsewhere) return;
    event.preventDefault();
    act();
  });
}

/**
 * Downloads a file.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  link.click();
  // By then, the download has begun or never will.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * A text from the browser's storage; `null` if the browser stores nothing.
 *
 * @param {string} name
 * @param {Storage | null} [store]
 * @returns {string | null}
 */
export function kept(name, store = storage("localStorage")) {
  return store?.getItem(`tabuada.${name}`) ?? null;
}

/**
 * Stores a text in the browser, or removes it with `null`.
 *
 * @param {string} name
 * @param {string | null} text
 * @param {Storage | null} [store]
 */
export function keep(name, text, store = storage("localStorage")) {
  try {
    if (text === null) store?.removeItem(`tabuada.${name}`);
    else store?.setItem(`tabuada.${name}`, text);
  } catch {
    // The storage is full or forbidden; the page works without it.
  }
}

/**
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Storage | null} `null` if the browser forbids storage
 */
export function storage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}
