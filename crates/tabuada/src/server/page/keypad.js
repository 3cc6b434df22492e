// Keys on the screen: digits and operators, and a second page with functions and signs. On a touch screen they stand in
// for the system's keyboard.

import { insert } from "./completion.js";
import { button, byId, fill, keep, kept, make } from "./dom.js";
import { notation, onNotation } from "./notation.js";
import { isSchool, separator, spelled } from "./school.js";
import { onLanguage, say } from "./words.js";

/** @import { Word } from "./words.js" */

/**
 * A key: its label, its name, if the label is not its name, and what it does or types around the selection. It types
 * its label by default.
 *
 * @typedef {{ shown: string, word?: Word, act?: () => void, before?: string, behind?: string, class?: string }} Key
 */

export class Keypad {
  #root = byId("keypad", HTMLElement);
  #open = byId("keypad-switch", HTMLButtonElement);
  #keys = make("div", { class: "keys" });
  #bar = make("div", { class: "keypad-bar" });
  #touch = matchMedia("(pointer: coarse)");
  #hasFunctions = false;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {() => void} entered the key `=` was pressed
   */
  constructor(field, entered) {
    this.field = field;
    this.entered = entered;
    this.#open.addEventListener("click", () => this.#show(this.#root.hidden !== false));
    // Keeps the focus in the field.
    this.#root.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#root.addEventListener("keydown", (event) => this.#move(event));
    this.#touch.addEventListener("change", () => this.#write());
    onLanguage(() => this.#write());
    onNotation(() => this.#write());
    fill(this.#root, this.#bar, this.#keys);
    this.#write();
    this.#show(kept("keypad") === "shown");
  }

  /** @param {boolean} isShown */
  #show(isShown) {
    this.#root.hidden = !isShown;
    this.#open.setAttribute("aria-expanded", String(isShown));
    keep("keypad", isShown ? "shown" : null);
    // One keyboard at a time.
    if (isShown && this.#touch.matches) this.field.setAttribute("inputmode", "none");
    else this.field.removeAttribute("inputmode");
  }

  /** Creates the keys of the current page. */
  #write() {
    const page = (/** @type {string} */ shown, /** @type {Word} */ word, /** @type {boolean} */ hasFunctions) =>
      button(shown, () => this.#turn(hasFunctions), {
        "aria-label": `${shown} ${say(word)}`,
        "aria-pressed": String(this.#hasFunctions === hasFunctions),
      });
    const system = button("⌨", () => this.#useSystem(), { "aria-label": `⌨ ${say("keypadSystem")}`, class: "system" });
    fill(
      this.#bar,
      page("123", "keypadDigits", false),
      page("f(x)", "keypadFunctions", true),
      this.#touch.matches && system,
    );
    const keys = this.#hasFunctions ? this.#functions() : this.#digits();
    fill(this.#keys, ...keys.map((key) => this.#key(key)));
    this.#reach(this.#buttons()[0]);
  }

  /** @param {boolean} hasFunctions */
  #turn(hasFunctions) {
    const hadFocus = this.#root.contains(document.activeElement);
    this.#hasFunctions = hasFunctions;
    this.#write();
    if (!hadFocus) return;
    const pressed = this.#buttons().find((one) => one.ariaPressed === "true");
    this.#reach(pressed);
    pressed?.focus();
  }

  /** @param {Key} key */
  #key({ shown, word, act, before = shown, behind = "", class: kind }) {
    // The visible label is part of the accessible name, so that people can say it to speech control.
    const name = word ? `${shown} ${say(word)}` : null;
    return button(shown, act ?? (() => this.#type(before, behind)), { "aria-label": name, class: kind });
  }

  /** @returns {Key[]} */
  #digits() {
    /** @returns {Key} */
    const digit = (/** @type {string} */ shown) => ({ shown, class: "digit" });
    const decimal = isSchool() && notation().decimal === "comma" ? "," : ".";
    const power = isSchool() ? "^" : "**";
    return [
      { shown: "(", word: "key_open" },
      { shown: ")", word: "key_close" },
      { shown: power, word: "key_power" },
      { shown: "√", word: "key_sqrt" },
      { shown: "π", word: "key_pi" },
      ...["7", "8", "9"].map(digit),
      { shown: "÷", word: "key_divided" },
      this.#back(),
      ...["4", "5", "6"].map(digit),
      { shown: "×", word: "key_times" },
      { shown: "%", word: isSchool() ? "key_percent" : "key_remainder" },
      ...["1", "2", "3"].map(digit),
      { shown: "−", word: "key_minus", before: "-" },
      this.#arrow("←", "key_left", -1),
      digit("0"),
      { shown: decimal, word: "key_decimal", class: "digit" },
      { shown: "=", word: "work", act: this.entered, class: "primary" },
      { shown: "+", word: "key_plus" },
      this.#arrow("→", "key_right", 1),
    ];
  }

  /** @returns {Key[]} */
  #functions() {
    /** @returns {Key} */
    const call = (/** @type {string} */ python) => ({ shown: spelled(python), before: `${spelled(python)}(`, class: "word" });
    const define = isSchool() ? "f(x)=" : "f(x)@=";
    return [
      ...["sin", "cos", "tan", "log", "log10"].map(call),
      { shown: "x", word: "key_x" },
      { shown: "x²", word: "key_squared", before: "²" },
      { shown: "x³", word: "key_cubed", before: "³" },
      { shown: "!", word: "key_factorial" },
      { shown: "|x|", word: "key_bar", before: "|", behind: "|" },
      { shown: "°", word: "key_degrees" },
      { shown: "e", word: "key_e" },
      ...["gcd", "lcm"].map(call),
      this.#back(),
      { shown: "≤", word: "key_le" },
      { shown: "≥", word: "key_ge" },
      { shown: "≠", word: "key_ne" },
      { shown: separator(), word: "key_separator" },
      this.#arrow("←", "key_left", -1),
      { shown: "∈", word: "key_in" },
      { shown: "∪", word: "key_union" },
      { shown: "∩", word: "key_intersection" },
      { shown: define, word: "key_define", class: "word" },
      this.#arrow("→", "key_right", 1),
    ];
  }

  /** @returns {Key} */
  #back() {
    return { shown: "⌫", word: "key_back", act: () => this.#erase(), class: "back" };
  }

  /**
   * @param {string} shown
   * @param {Word} word
   * @param {-1 | 1} step
   * @returns {Key}
   */
  #arrow(shown, word, step) {
    return { shown, word, act: () => this.#step(step) };
  }

  #buttons() {
    return [...this.#root.querySelectorAll("button")];
  }

  /**
   * Makes this key the one that the Tab key reaches: a toolbar is one stop, and the arrow keys move inside it.
   *
   * @param {HTMLButtonElement | undefined} key
   */
  #reach(key) {
    for (const one of this.#buttons()) one.tabIndex = one === key ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const all = this.#buttons();
    const at = all.findIndex((key) => key === document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = all[(at + step + all.length) % all.length];
    this.#reach(next);
    next?.focus();
  }

  /** Gives the field back to the system's keyboard, which appears when the focus comes to the field. */
  #useSystem() {
    this.#show(false);
    this.field.blur();
    this.field.focus();
  }

  /**
   * Types texts around the selection.
   *
   * @param {string} before
   * @param {string} behind
   */
  #type(before, behind) {
    const { value, selectionStart, selectionEnd } = this.field;
    insert(this.field, before + (behind && value.slice(selectionStart, selectionEnd)) + behind);
    const caret = this.field.selectionStart - behind.length;
    this.field.setSelectionRange(caret, caret);
  }

  #erase() {
    const { selectionStart, selectionEnd } = this.field;
    if (selectionStart === selectionEnd) this.field.setSelectionRange(this.#beside(-1), selectionEnd);
    insert(this.field, "");
  }

  /** @param {-1 | 1} step */
  #step(step) {
    this.field.focus();
    const at = this.#beside(step);
    this.field.setSelectionRange(at, at);
  }

  /**
   * The place one character beside the caret, or the end of the selection on that side.
   *
   * @param {-1 | 1} step
   */
  #beside(step) {
    const { value, selectionStart, selectionEnd } = this.field;
    if (selectionStart !== selectionEnd) return step < 0 ? selectionStart : selectionEnd;
    const next = step < 0 ? Array.from(value.slice(0, selectionStart)).at(-1) : Array.from(value.slice(selectionStart))[0];
    return selectionStart + step * (next?.length ?? 0);
  }
}
