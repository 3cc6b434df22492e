// The answer: its text, formatted and exact, or the error and the fixes.

import { button, byId, fill, keep, kept, make } from "./dom.js";
import { digitsOf, grouped } from "./numbers.js";
import { either, say, sentence } from "./words.js";

/** @import { Advice, Hint, Problem, Question, Suggestion, Value } from "./api.js" */
/** @import { Word } from "./words.js" */

/** A longer text is shown in a smaller font. */
const SHORT = 24;
/** The maximum of characters that a screen reader announces. */
const ALOUD = 80;

const EXAMPLES = ["2+2", "2**100", "√2×π", "sum(k**2, k, 1, 100)", "sin(x)/x", "1/0"];

export class AnswerView {
  #result = byId("result", HTMLElement);
  #answered = byId("answered", HTMLElement);
  #answer = byId("answer", HTMLOutputElement);
  #error = byId("error", HTMLElement);
  #hints = byId("hints", HTMLElement);
  #said = byId("said", HTMLElement);
  #whole = byId("whole", HTMLButtonElement);
  #grouped = byId("grouped", HTMLButtonElement);
  /** @type {Value | null} */
  #value = null;
  #isWhole = false;

  /**
   * @param {object} told
   * @param {(text: string) => void} told.use puts another expression in place of this one
   * @param {() => Question} told.asked gives the question, for a link to it
   */
  constructor({ use, asked }) {
    this.use = use;
    const examples = EXAMPLES.map((text) => button(text, () => use(text), { class: "example ink" }));
    fill(byId("examples", HTMLElement), ...examples);
    byId("copy", HTMLButtonElement).addEventListener("click", () => this.#copy(this.#value?.text ?? ""));
    byId("share", HTMLButtonElement).addEventListener("click", () => {
      const { text, mode } = asked();
      const parameters = new URLSearchParams(mode === "python" ? { expr: text } : { expr: text, mode });
      void this.#copy(`${location.origin}${location.pathname}?${parameters}`);
    });
    this.#whole.addEventListener("click", () => {
      this.#isWhole = !this.#isWhole;
      this.#fit();
    });
    this.#grouped.setAttribute("aria-pressed", String(kept("grouped") !== "no"));
    this.#grouped.addEventListener("click", () => {
      const isGrouped = this.#grouped.getAttribute("aria-pressed") === "true";
      this.#grouped.setAttribute("aria-pressed", String(!isGrouped));
      keep("grouped", isGrouped ? "no" : null);
      this.#write();
      this.#fit();
    });
  }

  /**
   * Marks the answer as stale: the expression has changed since.
   *
   * @param {boolean} isStale
   */
  stale(isStale) {
    this.#result.toggleAttribute("data-stale", isStale);
  }

  empty() {
    this.#show("empty");
  }

  /**
   * @param {Value} value
   * @param {boolean} isFinal whether Enter was pressed; otherwise the person is still typing
   */
  value(value, isFinal) {
    if (value.text !== this.#value?.text) this.#isWhole = false;
    this.#value = value;
    this.#write();
    this.#hint(value.hints ?? []);
    this.#show(isFinal ? "final" : "preview");
    this.#fit();
    if (isFinal) {
      const { text, hints = [] } = value;
      const heard = `= ${text.length > ALOUD ? `${text.slice(0, ALOUD)}…` : text}`;
      this.say([`${heard}${hints.length > 0 ? "." : ""}`, ...hints.map(heardHint)].join(" "));
    }
  }

  /**
   * @param {Problem} problem
   * @param {boolean} isFinal
   */
  problem(problem, isFinal) {
    this.trouble(problem.detail, isFinal, problem);
  }

  /**
   * Shows an error.
   *
   * @param {string} message
   * @param {boolean} isFinal
   * @param {Advice} [advice]
   */
  trouble(message, isFinal, advice = {}) {
    this.#hint([]);
    fill(this.#error, make("p", {}, sentence(message)), ...this.#fixes(advice));
    this.#show(isFinal ? "failed" : "failing");
    if (isFinal) this.say(aloud(message, advice));
  }

  /** Whether the answer is shown elsewhere, as a curve. */
  get isNoted() {
    return this.#result.dataset.state === "noted";
  }

  /**
   * Says that the answer is shown elsewhere.
   *
   * @param {string} sentence
   * @param {boolean} isFinal
   */
  note(sentence, isFinal) {
    fill(this.#hints, make("p", {}, sentence));
    this.#hints.hidden = false;
    this.#show("noted");
    if (isFinal) this.say(sentence);
  }

  /**
   * Announces a sentence to screen readers.
   *
   * @param {string} sentence
   */
  say(sentence) {
    this.#said.textContent = sentence;
  }

  /** @param {"empty" | "preview" | "final" | "failing" | "failed" | "noted"} state */
  #show(state) {
    this.stale(false);
    this.#result.dataset.state = state;
    byId("welcome", HTMLElement).hidden = state !== "empty";
    this.#answered.hidden = state !== "preview" && state !== "final";
    this.#error.hidden = state !== "failing" && state !== "failed";
    if (state === "empty" || state === "failing" || state === "failed") this.#hints.hidden = true;
  }

  #write() {
    const value = this.#value;
    if (!value) return;
    const { text, type } = value;
    const isGrouped = type !== "str" && this.#grouped.getAttribute("aria-pressed") === "true";
    fill(this.#answer, ...(isGrouped ? grouped(text) : [text]));
    this.#answer.classList.toggle("long", text.length > SHORT);
    this.#grouped.hidden = type === "str" || !/\d{5}/.test(text);
    byId("type", HTMLElement).textContent = say(/** @type {Word} */ (`type_${type}`));
    const digits = digitsOf(text);
    const size = digits === null ? say("sizeCharacters", { count: text.length }) : say("sizeDigits", { count: digits });
    byId("size", HTMLElement).textContent = text.length > 12 ? `· ${size}` : "";
  }

  /** Limits the height of a long answer until the person expands it. */
  #fit() {
    const answer = this.#answer;
    answer.classList.remove("whole");
    const isCut = answer.scrollHeight > answer.clientHeight + 1;
    answer.classList.toggle("whole", isCut && this.#isWhole);
    this.#whole.hidden = !isCut;
    this.#whole.textContent = say(this.#isWhole ? "part" : "whole");
    // Content that scrolls must be focusable, so that keys can scroll it.
    if (isCut && !this.#isWhole) answer.tabIndex = 0;
    else answer.removeAttribute("tabindex");
  }

  /** @param {Hint[]} hints */
  #hint(hints) {
    const each = hints.map((hint) => make("div", { class: "hint" }, make("p", {}, sentence(hint.message)), ...this.#fixes(hint)));
    fill(this.#hints, ...each);
    this.#hints.hidden = hints.length === 0;
  }

  /**
   * Shows a button for each fix.
   *
   * @param {Advice} advice
   */
  #fixes(advice) {
    return fixes(advice).map(({ expr }) =>
      button(say("apply", { expr: shortened(expr) }), () => this.use(expr), { class: "apply", "data-testid": "apply" }),
    );
  }

  /** @param {string} text */
  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say(say("copied"));
      this.#flash(say("copied"));
    } catch {
      this.#flash(say("notCopied"));
      this.say(say("notCopied"));
    }
  }

  /**
   * Shows a word beside the answer for a moment.
   *
   * @param {string} sentence
   */
  #flash(sentence) {
    const flash = make("span", { class: "flash", "aria-hidden": "true" }, sentence);
    this.#answered.append(flash);
    flash.addEventListener("animationend", () => flash.remove());
  }
}

/**
 * The fixes, the likeliest first.
 *
 * @param {Advice} advice
 * @returns {Suggestion[]}
 */
function fixes({ suggestion, alternatives = [] }) {
  return suggestion ? [suggestion, ...alternatives] : [];
}

/**
 * A message and its fixes, for screen readers.
 *
 * @param {string} message
 * @param {Advice} advice
 */
function aloud(message, advice) {
  const instead = fixes(advice).map(({ expr }) => shortened(expr));
  const heard = sentence(message);
  return instead.length > 0 ? `${heard} ${say("apply", { expr: either(instead) })}` : heard;
}

/** @param {Hint} hint */
function heardHint(hint) {
  return aloud(say("hint", { message: sentence(hint.message) }), hint);
}

/**
 * A text cut to the length of a line.
 *
 * @param {string} text
 */
export function shortened(text, most = 60) {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
