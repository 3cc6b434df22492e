// Completion: names that match the typed text, with their signatures and documentation, and the signature of the call
// that is being typed.

import { names as fetchNames } from "./api.js";
import { defined } from "./definitions.js";
import { fill, make } from "./dom.js";
import { onNotation } from "./notation.js";
import { isSchool, schoolWords, separator } from "./school.js";
import { onLanguage, say } from "./words.js";

/** @import { Name } from "./api.js" */

/** @typedef {Name & { python?: string }} Written a name as the person writes it, and what Python calls it */

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
    if (innermost && isSeparator(bare, at)) innermost.argument += 1;
  }
  return open.findLast((one) => one.name !== "") ?? null;
}

/**
 * Whether a character separates arguments. With a decimal comma, a comma does so only before a blank.
 *
 * @param {string} text
 * @param {number} at
 */
function isSeparator(text, at) {
  const character = text[at];
  if (character === ";") return isSchool();
  return character === "," && (separator() === "," || /\s/.test(text[at + 1] ?? ""));
}

/**
 * The signature of a name, with one argument highlighted.
 *
 * @param {Written} name
 * @param {number} [argument]
 */
function signature(name, argument = -1) {
  const word = make("b", {}, name.name);
  if (name.kind === "constant") return [word];
  const parts = name.signature.split(/, (?![^[]*\])/);
  const at = /^[*…]/.test(parts.at(-1) ?? "") ? Math.min(argument, parts.length - 1) : argument;
  const parameters = parts.flatMap((part, index) => [index > 0 && `${separator()} `, index === at ? make("u", {}, part) : part]);
  const python = name.python !== undefined && ` → ${name.python}`;
  return [word, python, "(", ...parameters, ")"];
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
  /** @type {Written[]} */
  #offered = [];
  #chosen = -1;
  #count = make("span", { class: "unseen", role: "status" });

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
    list.after(this.#count);
    // Keeps the focus in the field.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (option) this.#take(Array.from(list.children).indexOf(option));
    });
    field.addEventListener("blur", () => this.close());
    onLanguage(() => this.look());
    onNotation(() => this.look());
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
    const inserted = name.python ?? name.name;
    insert(this.field, opens ? `${inserted}(` : inserted);
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
    const count = this.isOpen ? say("suggestions", { count: options.length }) : "";
    if (this.#count.textContent !== count) this.#count.textContent = count;
    if (this.#chosen >= 0) {
      this.field.setAttribute("aria-activedescendant", `name-${this.#chosen}`);
      options[this.#chosen]?.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {string} before */
  #explainCall(before) {
    const call = called(before);
    const arguments_ = call?.argument ?? 0;
    const all = written().filter((name) => folded(name.name) === folded(call?.name ?? "") && name.kind !== "constant");
    // A function of few arguments and a binder may share a name.
    const name = all.find((one) => one.kind === "binder" && arguments_ > 1) ?? all[0];
    const tip = make("span", { class: "tip" }, say("tip"));
    fill(this.call, ...(name ? [...signature(name, arguments_), " ", ...documented(name.doc)] : [tip]));
  }
}

/**
 * The names as the person writes them: own ones first. At school some have other words, and in Python's notation these
 * words lead to its names.
 *
 * @returns {Written[]}
 */
function written() {
  /** @type {Written[]} */
  const own = defined().map(({ name, parameters, text }) => ({
    name,
    kind: parameters ? "function" : "constant",
    section: "",
    signature: (parameters ?? []).join(", "),
    doc: text,
    needs_prefix: false,
  }));
  const words = schoolWords().flatMap(([word, python, signature]) => {
    const rows = known.filter((name) => name.name === python && !name.needs_prefix);
    return rows.map((row) => {
      if (!isSchool()) return { ...row, name: word, python };
      return { ...row, name: word, signature: row.kind === "function" ? (signature ?? row.signature) : row.signature };
    });
  });
  const named = [...own, ...words];
  return [...named, ...known.filter((name) => named.every((other) => other.name !== name.name))];
}

/**
 * A name without its accents.
 *
 * @param {string} name
 */
function plain(name) {
  return name.normalize("NFD").replace(/\p{M}/gu, "");
}

/**
 * A name without its accents and capitals.
 *
 * @param {string} name
 */
function folded(name) {
  return plain(name).toLowerCase();
}

/**
 * @param {string} prefix
 * @param {string} piece
 * @returns {Written[]}
 */
function fitting(prefix, piece) {
  const begins = (/** @type {Written} */ name) => folded(name.name).startsWith(folded(piece));
  // Only Python's own names have the prefix.
  /** @type {Written[]} */
  const names = prefix === "" ? written().filter((name) => !name.needs_prefix) : known;
  const fit = names.filter(begins);
  // A complete name needs no completion.
  if (fit.every((name) => name.name === piece && name.python === undefined)) return [];
  const exact = (/** @type {Written} */ name) => Number(!plain(name.name).startsWith(plain(piece)));
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
