// The steps of an evaluation in words and as formulas, and whether two texts share one answer.

import { explain as fetchExplanation, isAbort, Unreachable } from "./api.js";
import { shortened } from "./answer.js";
import { inFront } from "./definitions.js";
import { button, byId, fill, make, marked } from "./dom.js";
import { say, sentence } from "./words.js";

/** @import { Explanation, Question, Step } from "./api.js" */

/** The number of steps shown before the person expands the list. */
const STEPS_SHOWN = 8;
/** The maximum of characters shown of a step. */
const STEP_MAX = 500;
/** The maximum length of a text that is explained: its address must be accepted by every proxy. */
const TEXT_MAX = 2000;
/** For how long a button says that it has copied, in milliseconds. */
const COPIED = 1500;

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set("mrow mi mn mo mtext mfrac msup msub msubsup munderover msqrt mroot".split(" "));
/** @type {Record<string, string>} */
const ENTITIES = { lt: "<", gt: ">", amp: "&" };

export class ExplainView {
  #panel = byId("explain-panel", HTMLDetailsElement);
  #root = byId("explain", HTMLElement);
  /** @type {Question | null} */
  #question = null;
  #asking = new AbortController();

  constructor() {
    this.#panel.addEventListener("toggle", () => void this.#explain());
    void this.#explain();
  }

  /**
   * Explains a question, as soon as the panel is open.
   *
   * @param {Question} question
   */
  show(question) {
    this.#question = question;
    void this.#explain();
  }

  /** Explains it again in the new language. */
  translate() {
    void this.#explain();
  }

  async #explain() {
    const question = this.#question;
    if (question === null) return fill(this.#root, make("p", { class: "quiet" }, say("explainNone")));
    if (!this.#panel.open) return;
    if (question.text.length > TEXT_MAX) return fill(this.#root, make("p", { class: "quiet" }, say("explainLong")));
    this.#asking.abort();
    this.#asking = new AbortController();
    try {
      const { explanation, problem } = await fetchExplanation(question, this.#asking.signal);
      if (explanation) this.#write(explanation, question);
      // The answer tells the problem.
      else if (problem) fill(this.#root, make("p", { class: "quiet" }, say("explainNone")));
    } catch (error) {
      if (isAbort(error)) return;
      fill(this.#root, make("p", { class: "error" }, say(error instanceof Unreachable ? error.word : "broken")));
    }
  }

  /**
   * @param {Explanation} explanation
   * @param {Question} question
   */
  #write(explanation, question) {
    const { canonical, key, fuel, free_names: free } = explanation;
    const facts = make("dl", { class: "facts" });
    const fact = (/** @type {string} */ name, /** @type {string} */ value, /** @type {string} */ kind) =>
      facts.append(make("dt", {}, name), make("dd", { class: kind, "data-testid": kind.split(" ")[0] }, value));
    fact(say("canonical"), shortened(canonical, STEP_MAX), "canonical ink");
    fact(say("key"), key === null ? say("keyNone") : shortened(key, STEP_MAX), key === null ? "key" : "key ink");
    fact(say("fuel"), say("fuelUnits", { count: fuel }), "fuel");
    if (free.length > 0) fact(say("free"), free.join(", "), "free ink");
    fill(this.#root, facts, make("h3", {}, say("steps")), ...this.#steps(explanation), this.#comparison(explanation, question));
  }

  /** @param {Explanation} explanation */
  #steps({ steps, steps_cut: isCut, failed: failedAt, error, free_names: free }) {
    // An expression whose only unknown name is `x` is a curve.
    const isCurve = error?.code === "unknown-name" && free.length === 1 && free[0] === "x";
    const failed = isCurve ? undefined : failedAt;
    const list = make("ol", { class: "steps", "data-testid": "steps" });
    const item = (/** @type {Step} */ step, /** @type {number} */ index) => {
      // The part that the next step computes; in the last step, the part that failed.
      const next = steps[index + 1]?.replaced ?? (failed ? [failed] : []);
      const name = steps[index + 1] ? "next" : "wrong";
      const text = () => marked(shortened(step.text, STEP_MAX), next.map((span) => ({ span, name })));
      const isFormula = step.mathml !== undefined && (name === "next" || next.length === 0);
      const written = isFormula ? [formula(step.mathml ?? "")] : text();
      return make(
        "li",
        { "data-text": step.text },
        make("p", { class: "words" }, step.words),
        make("div", { class: isFormula ? "formula" : "formula ink" }, ...written),
        copier("copyText", step.text, index + 1),
        step.latex !== undefined && copier("copyLatex", step.latex, index + 1),
      );
    };
    const isLong = steps.length > STEPS_SHOWN + 2;
    const first = isLong ? steps.slice(0, STEPS_SHOWN) : steps;
    fill(list, ...first.map(item));
    requestAnimationFrame(() => makeScrollable(list));
    const more = button(say("stepsMore", { count: steps.length }), () => {
      fill(list, ...steps.map(item));
      makeScrollable(list);
      more.remove();
      list.setAttribute("tabindex", "-1");
      list.focus();
    });
    more.dataset.testid = "more-steps";
    return [list, isLong && more, isCut && make("p", { class: "quiet" }, say("stepsCut"))];
  }

  /**
   * @param {Explanation} explanation
   * @param {Question} asked
   */
  #comparison({ key }, asked) {
    const field = make("input", {
      type: "text",
      class: "ink",
      "data-testid": "compare",
      "aria-label": say("compareText"),
      autocomplete: "off",
      spellcheck: "false",
    });
    const verdict = make("p", { class: "verdict", role: "status", "data-testid": "compared" });
    const form = make(
      "form",
      { class: "compare" },
      make("h3", {}, say("compare")),
      make("div", { class: "tools" }, field, make("button", { type: "submit" }, say("compareDo"))),
      verdict,
    );
    let comparing = new AbortController();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      comparing.abort();
      comparing = new AbortController();
      verdict.textContent = "";
      delete verdict.dataset.same;
      const other = { ...asked, text: field.value, definitions: inFront(field.value, asked) };
      try {
        const { explanation, problem } = await fetchExplanation(other, comparing.signal);
        const itsKey = explanation?.key;
        if (problem) verdict.textContent = sentence(problem.detail);
        else if (!itsKey) verdict.textContent = say("otherNone");
        else verdict.textContent = say(itsKey === key ? "same" : "other", { key: shortened(itsKey, 200) });
        verdict.dataset.same = String(itsKey === key && itsKey !== null);
      } catch (error) {
        if (isAbort(error)) return;
        verdict.textContent = say(error instanceof Unreachable ? error.word : "broken");
      }
    });
    return form;
  }
}

/**
 * The service's MathML as elements. Each element is made by its name, since no text may become markup.
 *
 * @param {string} mathml
 */
function formula(mathml) {
  const root = document.createElementNS(MATHML, "math");
  root.setAttribute("displaystyle", "true");
  /** @type {Element} */
  let parent = root;
  const parts = mathml.matchAll(/<(\/?)([a-z]+)(?: (class|linethickness)="([^"]*)")?>|([^<]+)/g);
  for (const [, closes, name = "", attribute, value = "", text] of parts) {
    if (text !== undefined) {
      parent.append(text.replace(/&(lt|gt|amp);/g, (whole, entity) => ENTITIES[entity] ?? whole));
    } else if (closes) {
      parent = parent.parentElement ?? root;
    } else if (ELEMENTS.has(name)) {
      const element = document.createElementNS(MATHML, name);
      if (attribute) element.setAttribute(attribute, value);
      parent.append(element);
      parent = element;
    }
  }
  return root;
}

/**
 * A button that copies a step.
 *
 * @param {"copyText" | "copyLatex"} word
 * @param {string} text
 * @param {number} step its number, from 1
 */
function copier(word, text, step) {
  const copy = async () => {
    let outcome = say("copied");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      outcome = say("notCopied");
    }
    byId("said", HTMLElement).textContent = outcome;
    made.textContent = outcome;
    setTimeout(() => (made.textContent = say(word)), COPIED);
  };
  const made = button(say(word), copy, { class: "copy-step", "aria-label": say("copyStep", { step, what: say(word) }) });
  return made;
}

/**
 * Lets keys scroll the formulas that are wider than the list.
 *
 * @param {Element} list
 */
function makeScrollable(list) {
  for (const one of list.querySelectorAll(".formula")) {
    if (one.scrollWidth > one.clientWidth) one.setAttribute("tabindex", "0");
  }
}
