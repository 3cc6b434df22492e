// The answer: its text, formatted and exact, or the error and the fixes.

import { button, byId, fill, keep, kept, make, visible } from "./dom.js";
import { digitsOf, grouped, GROUPED_MAX } from "./numbers.js";
import { notation, spelled } from "./notation.js";
import { spelled as inSchool } from "./school.js";
import { either, say, sentence } from "./words.js";

/** @import { Advice, Hint, Problem, Question, Suggestion, Value } from "./api.js" */
/** @import { Notation } from "./notation.js" */
/** @import { Word } from "./words.js" */

/** A text of more characters is shown in a smaller font, as a document. */
const SHORT = 200;
/** The maximum of characters that a screen reader announces. */
const ALOUD = 80;
/** How long a question takes until the page says that it is busy, and until it can be stopped, in milliseconds. */
const BUSY = 400;
const STOPPABLE = 5000;

const examplesIn = (/** @type {string} */ written) =>
  written === "python"
    ? ["2+2", "2**100", "√2×π", "sum(k**2, k, 1, 100)", "sin(x)/x", "1/0"]
    : ["2+2", "2^100", "√2×π", "200+10%", `${inSchool("sin")}(x)/x`, "1/0"];

/** @typedef {"empty" | "preview" | "final" | "failing" | "failed" | "noted"} Shown */
/** @typedef {{ expr: string, preview: Promise<string> }} Choice a reading, and its value in short */

export class AnswerView {
  #result = byId("result", HTMLElement);
  #answered = byId("answered", HTMLElement);
  #answer = byId("answer", HTMLOutputElement);
  #error = byId("error", HTMLElement);
  #hints = byId("hints", HTMLElement);
  #readAs = byId("read-as", HTMLElement);
  #busy = byId("busy", HTMLElement);
  #stop = byId("stop", HTMLButtonElement);
  #said = byId("said", HTMLElement);
  #whole = byId("whole", HTMLButtonElement);
  #exact = byId("exact", HTMLButtonElement);
  #grouped = byId("grouped", HTMLInputElement);
  /** @type {Value | null} */
  #value = null;
  /** @type {Notation} of the value */
  #written = notation();
  #isWhole = false;
  /** The text whose hints the person has dismissed. */
  #dismissed = "";
  #waits = [0, 0];

  /**
   * @param {object} told
   * @param {(text: string) => void} told.use puts another expression in place of this one
   * @param {() => string} told.link gives the address of the question
   * @param {() => void} told.stop gives the question up
   */
  constructor({ use, link, stop }) {
    this.use = use;
    byId("copy", HTMLButtonElement).addEventListener("click", () => this.#copy(this.#exactText()));
    byId("share", HTMLButtonElement).addEventListener("click", () => void this.#copy(link()));
    this.#stop.addEventListener("click", () => {
      stop();
      this.note(say("stopped"), true);
    });
    this.#whole.addEventListener("click", () => {
      this.#isWhole = !this.#isWhole;
      this.#fit();
    });
    this.#exact.addEventListener("click", () => {
      this.#exact.setAttribute("aria-pressed", String(!this.#isExact));
      this.#write();
      this.#fit();
    });
    this.#grouped.checked = kept("grouped") !== "no";
    this.#grouped.addEventListener("change", () => {
      keep("grouped", this.#grouped.checked ? null : "no");
      this.#write();
      this.#fit();
    });
    this.examples();
  }

  /** Offers examples in the notation and the language of the page. */
  examples() {
    const texts = examplesIn(notation().notation);
    fill(byId("examples", HTMLElement), ...texts.map((text) => button(text, () => this.use(text), { class: "example ink" })));
  }

  /** Says that the page is busy, unless the next answer is shown first. */
  wait() {
    this.rest();
    this.#waits = [
      window.setTimeout(() => {
        this.#put("noted");
        this.#hide();
        this.#result.setAttribute("aria-busy", "true");
        this.#busy.hidden = false;
      }, BUSY),
      window.setTimeout(() => (this.#stop.hidden = false), STOPPABLE),
    ];
  }

  /** Ends the waiting. */
  rest() {
    for (const timer of this.#waits) clearTimeout(timer);
    this.#result.removeAttribute("aria-busy");
    this.#busy.hidden = true;
    this.#stop.hidden = true;
  }

  /**
   * Marks the answer as stale: the expression has changed since.
   */
  stale() {
    this.rest();
    this.#result.toggleAttribute("data-stale", true);
  }

  empty() {
    this.#hide();
    this.#show("empty");
  }

  /**
   * @param {Value} value
   * @param {Question} asked
   * @param {boolean} isFinal whether Enter was pressed; otherwise the person is still typing
   */
  value(value, asked, isFinal) {
    if (value.text !== this.#value?.text) {
      this.#isWhole = false;
      this.#exact.setAttribute("aria-pressed", "false");
    }
    this.#value = value;
    this.#written = asked;
    this.#write();
    const hints = this.#dismissed === asked.text ? [] : (value.hints ?? []);
    this.#hint(hints, asked.text);
    const read = this.#readingOf(value, asked.text);
    this.#show(isFinal ? "final" : "preview");
    this.#fit();
    if (!isFinal) return;
    const text = this.#text();
    const heard = `= ${text.length > ALOUD ? `${text.slice(0, ALOUD)}…` : text}`;
    this.say(sentences(heard, ...hints.map(heardHint), ...(read ? [read] : [])));
  }

  /**
   * Says that names are defined, or shows what Enter would define.
   *
   * @param {string} what the definitions
   * @param {boolean} isFinal
   */
  defined(what, isFinal) {
    this.#value = null;
    this.#write();
    this.#hide();
    fill(this.#answer, what, ...(isFinal ? [" ", make("span", { class: "defined" }, say("defined"))] : []));
    this.#answer.classList.remove("long");
    this.#show(isFinal ? "final" : "preview");
    this.#result.toggleAttribute("data-defined", true);
    this.#fit();
    if (isFinal) this.say(`${what} ${say("defined")}`);
  }

  /**
   * @param {Problem} problem
   * @param {boolean} isFinal
   * @param {...HTMLButtonElement} offers what else can be done about it
   */
  problem(problem, isFinal, ...offers) {
    const { inside: definition, detail } = problem;
    this.trouble(definition ? say("insideDefinition", { definition, detail }) : detail, isFinal, problem);
    this.#error.append(...offers);
  }

  /**
   * Shows an error.
   *
   * @param {string} message
   * @param {boolean} isFinal
   * @param {Advice} [advice]
   */
  trouble(message, isFinal, advice = {}) {
    this.#hide();
    fill(this.#error, make("p", {}, sentence(message)), ...this.#fixes(advice));
    this.#show(isFinal ? "failed" : "failing");
    if (isFinal) this.say(aloud(message, advice));
  }

  /**
   * Asks which of two readings is meant.
   *
   * @param {string} message
   * @param {Choice[]} choices
   * @param {boolean} isFinal
   */
  choose(message, choices, isFinal) {
    this.#hide();
    const buttons = choices.map(({ expr, preview }) => {
      const value = make("span", { class: "worth" });
      const choice = button("", () => this.use(expr), { class: "reading", "data-testid": "reading" });
      choice.append(make("span", { class: "ink" }, shortened(expr)), value);
      void preview.then((text) => (value.textContent = text));
      return choice;
    });
    fill(this.#error, make("p", {}, sentence(message)), make("div", { class: "readings" }, ...buttons));
    this.#show(isFinal ? "failed" : "failing");
    if (isFinal) this.say(sentences(sentence(message), either(choices.map(({ expr }) => shortened(expr)))));
  }

  /**
   * The first of the readings that are offered; the Tab key moves to it.
   *
   * @returns {HTMLElement | null}
   */
  get reading() {
    return this.#error.hidden ? null : this.#error.querySelector("button.reading");
  }

  /** Whether the answer is shown elsewhere, as a curve. */
  get isNoted() {
    return this.#result.dataset.state === "noted";
  }

  /**
   * Says something else than a value, with things to do about it.
   *
   * @param {string} sentence
   * @param {boolean} isFinal
   * @param {...HTMLButtonElement} offers
   */
  note(sentence, isFinal, ...offers) {
    this.#hide();
    fill(this.#hints, make("div", { class: "hint" }, make("p", {}, sentence), ...offers));
    this.#hints.hidden = false;
    this.#show("noted");
    if (isFinal) this.say(sentences(sentence, ...offers.map((offer) => offer.textContent ?? "")));
  }

  /**
   * Announces a sentence to screen readers.
   *
   * @param {string} sentence
   */
  say(sentence) {
    this.#said.textContent = sentence;
  }

  /** @param {Shown} state */
  #show(state) {
    this.rest();
    this.#put(state);
  }

  /** @param {Shown} state */
  #put(state) {
    const result = this.#result;
    for (const mark of ["data-stale", "data-defined"]) result.removeAttribute(mark);
    result.dataset.state = state;
    byId("welcome", HTMLElement).hidden = state !== "empty";
    this.#answered.hidden = state !== "preview" && state !== "final";
    this.#error.hidden = state !== "failing" && state !== "failed";
  }

  /** Hides what is said beside a value. */
  #hide() {
    this.#hints.hidden = true;
    this.#readAs.hidden = true;
    this.#result.removeAttribute("data-doubtful");
  }

  get #isExact() {
    return this.#exact.getAttribute("aria-pressed") === "true";
  }

  /** The exact text, with the reader's decimal sign. */
  #exactText() {
    return this.#value === null ? (this.#answer.textContent ?? "") : spelled(this.#value.text, this.#written);
  }

  /** The text that is shown. */
  #text() {
    return this.#isExact || !this.#value ? this.#exactText() : this.short(this.#value, this.#written);
  }

  /**
   * A value as it is shown, with the reader's decimal sign. The digits of floats are limited; all others are exact.
   *
   * @param {Value} value
   * @param {Notation} written
   */
  short({ text, type, shown }, written) {
    const isRounded = ["float", "complex", "list", "tuple", "set"].includes(type) && /[.e]/.test(text);
    return isRounded && shown !== undefined ? shown : spelled(text, written);
  }

  #write() {
    const value = this.#value;
    for (const id of ["of", "copy", "exact"]) byId(id, HTMLElement).hidden = value === null;
    if (!value) return;
    const text = this.#text();
    const isGrouped = value.type !== "str" && this.#grouped.checked;
    fill(this.#answer, ...(isGrouped ? grouped(text) : visible(text)));
    this.#answer.classList.toggle("long", text.length > SHORT);
    this.#grouped.disabled = text.length > GROUPED_MAX;
    this.#grouped.title = this.#grouped.disabled ? say("groupedMax", { count: GROUPED_MAX }) : "";
    // `.0` has no more digits.
    this.#exact.hidden = this.short(value, this.#written) === this.#exactText().replace(/[.,]0(?!\d)/g, "");
    byId("type", HTMLElement).textContent = say(/** @type {Word} */ (`type_${value.type}`));
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

  /**
   * @param {Hint[]} hints
   * @param {string} text the expression
   */
  #hint(hints, text) {
    const each = hints.map((hint) => make("div", { class: "hint" }, make("p", {}, sentence(hint.message)), ...this.#fixes(hint)));
    const dismiss = button("×", () => {
      this.#dismissed = text;
      this.#hint([], text);
      byId("expression", HTMLElement).focus();
    }, { class: "dismiss", "aria-label": say("dismiss"), title: say("dismiss"), "data-testid": "dismiss" });
    each[0]?.append(dismiss);
    fill(this.#hints, ...each);
    this.#hints.hidden = hints.length === 0;
    this.#result.toggleAttribute("data-doubtful", hints.length > 0);
  }

  /**
   * Shows how the expression was read, if that says more than the expression.
   *
   * @param {{ read_as?: string }} value
   * @param {string} text
   * @returns {string | null} the sentence
   */
  #readingOf({ read_as: read }, text) {
    const bare = (/** @type {string} */ one) => one.replace(/\s/g, "");
    const isNew = read !== undefined && bare(read) !== bare(text);
    this.#readAs.hidden = !isNew;
    if (!isNew) return null;
    const [before = "", behind = ""] = say("readAs", { expr: "\0" }).split("\0");
    fill(this.#readAs, before, make("code", {}, shortened(read, 200)), behind);
    return this.#readAs.textContent;
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
   * Shows a word beside the actions for a moment.
   *
   * @param {string} sentence
   */
  #flash(sentence) {
    const flash = make("span", { class: "flash", "aria-hidden": "true" }, sentence);
    byId("actions", HTMLElement).append(flash);
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
 * Texts one after the other, each of which ends with a stop.
 *
 * @param {...string} texts
 */
function sentences(...texts) {
  return texts.reduce((all, next) => (/[.!?…]$/.test(all) ? `${all} ${next}` : `${all}. ${next}`));
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
