// Completion: names that match the typed text, with their signatures and documentation, and the signature of the call
// that is being typed.

import { names as fetchNames } from "./api.js";
import { fill, make } from "./dom.js";
import { onLanguage, say } from "./words.js";

/** @import { Name } from "./api.js" */

/** The maximum number of names shown at once. */
const SHOWN_MAX = 8;
/** The number of letters from which names are offered automatically. */
const LETTERS_MIN = 2;

/** @type {Name[]} */
let known = [];

/**
 * Fetches the names, now and whenever the language changes.
 *
 * @param {() => void} learned is called when they are there
 */
export function learnNames(learned) {
  const learn = () =>
    fetchNames().then(
      (names) => {
        known = names;
        learned();
      },
      // The page works without completion.
      () => {},
    );
  onLanguage(learn);
  return learn();
}

/**
 * The beginning of a name that ends at a position of a text.
 *
 * @param {string} text
 * @param {number} at in UTF-16 code units, as text fields count
 */
function begun(text, at) {
  const before = text.slice(0, at);
  if (/^[\p{L}\p{N}_]/u.test(text.slice(at)) || isQuoted(before)) return null;
  const piece = before.match(/(?<![\p{L}\p{N}_.])(math\.)?([\p{L}_][\p{L}\p{N}_]*)?$/u);
  const [, prefix = "", name = ""] = piece ?? [];
  return piece === null || prefix + name === "" ? null : { prefix, name, start: at - name.length };
}

/**
 * Whether a text ends inside a string or a comment.
 *
 * @param {string} text
 */
function isQuoted(text) {
  let quote = "";
  for (const character of text) {
    if (quote === "#" ? character === "\n" : quote !== "" && character === quote) quote = "";
    else if (quote === "" && "'\"#".includes(character)) quote = character;
  }
  return quote !== "";
}

/**
 * The call in whose brackets a text ends: its name, and the index of the argument.
 *
 * @param {string} before
 */
function called(before) {
  /** @type {{ name: string, argument: number }[]} */
  const open = [];
  if (isQuoted(before)) return null;
  const bare = before.replace(/'[^']*'|"[^"]*"|#.*/g, (quoted) => " ".repeat(quoted.length));
  for (let at = 0; at < bare.length; at += 1) {
    const character = bare[at] ?? "";
    if ("([{".includes(character)) {
      const name = character === "(" ? (bare.slice(0, at).match(/[\p{L}_][\p{L}\p{N}_]*$/u)?.[0] ?? "") : "";
      open.push({ name, argument: 0 });
    } else if (")]}".includes(character)) open.pop();
    const innermost = open.at(-1);
    if (character === "," && innermost) innermost.argument += 1;
  }
  return open.findLast((one) => one.name !== "") ?? null;
}

/**
 * The signature of a name, with one argument highlighted.
 *
 * @param {Name} name
 * @param {number} [argument]
 */
function signature(name, argument = -1) {
  if (name.kind === "constant") return [make("b", {}, name.name)];
  const parts = name.signature.split(/, (?![^[]*\])/);
  const at = (parts.at(-1) ?? "").startsWith("*") ? Math.min(argument, parts.length - 1) : argument;
  const written = parts.flatMap((part, index) => [index > 0 && ", ", index === at ? make("u", {}, part) : part]);
  return [make("b", {}, name.name), "(", ...written, ")"];
}

/**
 * A line of documentation, with its code in code elements.
 *
 * @param {string} line
 */
function documented(line) {
  return line.split("`").map((part, index) => (index % 2 === 1 ? make("code", {}, part) : part));
}

export class Completion {
  /** @type {Name[]} */
  #offered = [];
  #chosen = -1;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} list where the names are offered
   * @param {HTMLElement} call where the signature of the call is shown
   */
  constructor(field, list, call) {
    this.field = field;
    this.list = list;
    this.call = call;
    field.setAttribute("aria-controls", list.id);
    // Keeps the focus in the field.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (option) this.#take(Array.from(list.children).indexOf(option));
    });
    field.addEventListener("blur", () => this.close());
    onLanguage(() => this.look());
    this.look();
  }

  get isOpen() {
    return this.#offered.length > 0;
  }

  /**
   * Updates the names for the typed text.
   *
   * @param {boolean} [isWanted] whether the person requested names, however few letters there are
   */
  look(isWanted = false) {
    const { value, selectionStart, selectionEnd } = this.field;
    this.#explainCall(value.slice(0, selectionStart));
    const piece = selectionStart === selectionEnd ? begun(value, selectionStart) : null;
    const isEnough = piece !== null && (piece.prefix !== "" || piece.name.length >= LETTERS_MIN || isWanted);
    this.#offered = isEnough ? fitting(piece.prefix, piece.name) : [];
    this.#chosen = -1;
    this.#show();
  }

  close() {
    this.#offered = [];
    this.#show();
  }

  /**
   * Handles a key while names are offered.
   *
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was handled
   */
  press(event) {
    if (event.key === " " && event.ctrlKey) {
      this.look(true);
      return true;
    }
    if (!this.isOpen || event.ctrlKey || event.metaKey || event.altKey) return false;
    const count = this.#offered.length;
    switch (event.key) {
      case "ArrowDown":
        this.#chosen = (this.#chosen + 1) % count;
        break;
      case "ArrowUp":
        // The up arrow belongs to the history until the person has moved down into the list.
        if (this.#chosen < 0) return false;
        this.#chosen -= 1;
        break;
      case "Tab":
        if (event.shiftKey) return false;
        this.#take(Math.max(this.#chosen, 0));
        return true;
      case "Enter":
        if (this.#chosen < 0) return false;
        this.#take(this.#chosen);
        return true;
      case "Escape":
        this.close();
        return true;
      default:
        return false;
    }
    this.#show();
    return true;
  }

  /** @param {number} index */
  #take(index) {
    const name = this.#offered[index];
    const { value, selectionStart } = this.field;
    const piece = begun(value, selectionStart);
    if (!name || !piece) return;
    const opens = name.kind !== "constant" && !value.slice(selectionStart).startsWith("(");
    this.field.setSelectionRange(piece.start, selectionStart);
    insert(this.field, opens ? `${name.name}(` : name.name);
    this.close();
  }

  #show() {
    this.list.hidden = !this.isOpen;
    const options = this.#offered.map((name, index) =>
      make(
        "div",
        { role: "option", id: `name-${index}`, "aria-selected": String(index === this.#chosen) },
        make("span", { class: "signature" }, ...signature(name)),
        " ",
        make("span", { class: "doc" }, ...documented(name.doc)),
      ),
    );
    fill(this.list, ...options);
    if (this.#chosen >= 0) {
      this.field.setAttribute("aria-activedescendant", `name-${this.#chosen}`);
      options[this.#chosen]?.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {string} before */
  #explainCall(before) {
    const call = called(before);
    const arguments_ = call?.argument ?? 0;
    const all = known.filter((name) => name.name === call?.name && name.kind !== "constant");
    // A function of few arguments and a binder may share a name.
    const name = all.find((one) => one.kind === "binder" && arguments_ > 1) ?? all[0];
    const tip = make("span", { class: "tip" }, say("tip"));
    fill(this.call, ...(name ? [...signature(name, arguments_), " ", ...documented(name.doc)] : [tip]));
  }
}

/**
 * @param {string} prefix
 * @param {string} piece
 * @returns {Name[]}
 */
function fitting(prefix, piece) {
  const low = piece.toLowerCase();
  const fit = known.filter((name) => (prefix !== "" || !name.needs_prefix) && name.name.toLowerCase().startsWith(low));
  // A complete name needs no completion.
  if (fit.every((name) => name.name === piece)) return [];
  const exact = (/** @type {Name} */ name) => Number(!name.name.startsWith(piece));
  return fit.sort((one, other) => exact(one) - exact(other) || one.name.length - other.name.length).slice(0, SHOWN_MAX);
}

/**
 * Types a text in place of the selection, so that the browser can undo it.
 *
 * @param {HTMLTextAreaElement} field
 * @param {string} text
 */
export function insert(field, text) {
  field.focus();
  // Only `execCommand` keeps the undo history. It is deprecated, hence the fallback.
  const isDone = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
  if (isDone) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
