// The input field for the expression: marks under its characters, completion, the keypad, and the history.

import { Completion, insert } from "./completion.js";
import { hasAns } from "./definitions.js";
import { byId, fill, marked } from "./dom.js";
import { Keypad } from "./keypad.js";

/** @import { Span } from "./api.js" */

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
   * @param {() => HTMLElement | null} told.next where the Tab key leads, if not to the next control
   */
  constructor({ changed, entered, walk, next }) {
    const field = this.#field;
    field.addEventListener("input", () => {
      // A line that begins with an operator continues from the last answer.
      if (/^[+*/×÷·^]$/.test(field.value) && hasAns()) this.write(`ans${field.value}`);
      this.mark([]);
      this.#completion.look();
      changed();
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || this.#press(event, entered, walk)) return;
      const target = event.key === "Tab" && !event.shiftKey ? next() : null;
      if (target) {
        event.preventDefault();
        target.focus();
      }
      if (event.key === "Escape") this.mark([]);
    });
    field.addEventListener("keyup", (event) => {
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.#completion.look();
    });
    field.addEventListener("pointerup", () => this.#completion.look());
    new Keypad(field, entered);
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

  /** Empties the field, as if the page had been opened. */
  clear() {
    if (this.text !== "") this.write("");
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
}
