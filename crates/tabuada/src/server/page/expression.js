// The input field for the expression: marks under its characters, completion, keys for characters that are hard to
// type, and the history.

import { Completion, insert } from "./completion.js";
import { byId, fill, keep, kept, make, marked } from "./dom.js";
import { onLanguage, say } from "./words.js";

/** @import { Span } from "./api.js" */
/** @import { Word } from "./words.js" */

/**
 * The keys of the keypad: the label, the texts put before and after the selection, and the name.
 *
 * @type {[shown: string, before: string, behind: string, word: Word][]}
 */
const KEYS = [
  ["√", "√", "", "key_sqrt"],
  ["π", "π", "", "key_pi"],
  ["x²", "²", "", "key_squared"],
  ["x³", "³", "", "key_cubed"],
  ["xⁿ", "**", "", "key_power"],
  ["!", "!", "", "key_factorial"],
  ["×", "×", "", "key_times"],
  ["÷", "÷", "", "key_divided"],
  ["(", "(", "", "key_open"],
  [")", ")", "", "key_close"],
  ["|x|", "|", "|", "key_bar"],
  ["°", "°", "", "key_degrees"],
  ["≤", "≤", "", "key_le"],
  ["≥", "≥", "", "key_ge"],
  ["≠", "≠", "", "key_ne"],
  ["∈", "∈", "", "key_in"],
  ["∪", "∪", "", "key_union"],
  ["∩", "∩", "", "key_intersection"],
  ["x", "x", "", "key_x"],
];

export class Expression {
  #field = byId("expression", HTMLTextAreaElement);
  #marks = byId("marks", HTMLElement);
  #completion = new Completion(this.#field, byId("names", HTMLElement), byId("call", HTMLElement));

  /**
   * @param {object} told
   * @param {() => void} told.changed the text has changed
   * @param {() => void} told.entered Enter was pressed
   * @param {(step: -1 | 1, text: string) => string | null} told.walk the next text of the history, backwards or
   * forwards
   */
  constructor({ changed, entered, walk }) {
    const field = this.#field;
    field.addEventListener("input", () => {
      this.mark([]);
      this.#completion.look();
      changed();
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || this.#press(event, entered, walk)) return;
      if (event.key === "Escape") this.mark([]);
    });
    field.addEventListener("keyup", (event) => {
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.#completion.look();
    });
    field.addEventListener("pointerup", () => this.#completion.look());
    this.#keypad();
    this.mark([]);
  }

  get text() {
    return this.#field.value;
  }

  /**
   * Replaces the text, as if it had been typed.
   *
   * @param {string} text
   */
  write(text) {
    this.#field.select();
    insert(this.#field, text);
    this.#completion.close();
  }

  focus() {
    this.#field.focus();
  }

  /** Offers names for a text that was typed before the names were known. */
  complete() {
    if (document.activeElement === this.#field) this.#completion.look();
  }

  /**
   * Replaces all marks.
   *
   * @param {{ span: Span, name: "wrong" | "doubtful" }[]} marks
   */
  mark(marks) {
    // The zero-width space gives an empty last line its height.
    fill(this.#marks, ...marked(this.text, marks), "\u200b");
    this.#field.setAttribute("aria-invalid", String(marks.some((mark) => mark.name === "wrong")));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {() => void} entered
   * @param {(step: -1 | 1, text: string) => string | null} walk
   * @returns {boolean} whether the browser must not handle the key too
   */
  #press(event, entered, walk) {
    const isTaken = this.#completion.press(event);
    if (isTaken) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#completion.close();
      entered();
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && this.#isWalk(event)) {
      const text = walk(event.key === "ArrowUp" ? -1 : 1, this.text);
      if (text === null) return false;
      event.preventDefault();
      this.write(text);
    } else return false;
    return true;
  }

  /**
   * Whether an arrow key moves through the history. Within several lines it moves between the lines first.
   *
   * @param {KeyboardEvent} event
   */
  #isWalk(event) {
    const { value, selectionStart, selectionEnd, scrollHeight } = this.#field;
    if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || selectionStart !== selectionEnd) return false;
    const lineHeight = parseFloat(getComputedStyle(this.#field).lineHeight);
    const isOneLine = scrollHeight < 2 * lineHeight;
    return isOneLine || selectionStart === (event.key === "ArrowUp" ? 0 : value.length);
  }

  #keypad() {
    const keypad = byId("keypad", HTMLElement);
    const open = byId("keypad-switch", HTMLButtonElement);
    const show = (/** @type {boolean} */ isShown) => {
      keypad.hidden = !isShown;
      open.setAttribute("aria-expanded", String(isShown));
    };
    open.addEventListener("click", () => {
      show(keypad.hidden !== false);
      keep("keypad", keypad.hidden ? null : "shown");
    });
    show(kept("keypad") === "shown");

    const keys = KEYS.map(([shown, before, behind]) => {
      const key = make("button", { type: "button", tabindex: "-1" }, shown);
      key.addEventListener("click", () => this.#type(before, behind));
      return key;
    });
    const back = make("button", { type: "button", tabindex: "-1" }, "⌫");
    back.addEventListener("click", () => this.#erase());
    const all = [...keys, back];
    fill(keypad, ...all);
    // The Tab key reaches a toolbar once; the arrow keys move inside it.
    all[0]?.setAttribute("tabindex", "0");
    keypad.addEventListener("keydown", (event) => {
      const at = all.findIndex((key) => key === document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (at < 0 || step === undefined) return;
      event.preventDefault();
      const next = all[(at + step + all.length) % all.length];
      all.forEach((key) => key.setAttribute("tabindex", key === next ? "0" : "-1"));
      next?.focus();
    });
    const name = () =>
      all.forEach((key, index) => {
        // The visible label is part of the accessible name, so that people can say it to speech control.
        key.setAttribute("aria-label", `${key.textContent} ${say(KEYS[index]?.[3] ?? "key_back")}`);
      });
    onLanguage(name);
    name();
  }

  /**
   * Puts a key's texts around the selection.
   *
   * @param {string} before
   * @param {string} behind
   */
  #type(before, behind) {
    const { value, selectionStart, selectionEnd } = this.#field;
    insert(this.#field, before + (behind && value.slice(selectionStart, selectionEnd)) + behind);
    const caret = this.#field.selectionStart - behind.length;
    this.#field.setSelectionRange(caret, caret);
  }

  #erase() {
    const { value, selectionStart, selectionEnd } = this.#field;
    if (selectionStart === selectionEnd) {
      const last = Array.from(value.slice(0, selectionStart)).at(-1) ?? "";
      this.#field.setSelectionRange(selectionStart - last.length, selectionEnd);
    }
    insert(this.#field, "");
  }
}
