// Connects the parts of the page: evaluates the typed text and shows the answer.

import { addressOf, linked, onReturn, visit } from "./address.js";
import { AnswerView, shortened } from "./answer.js";
import { evaluate, explain, isAbort, Unreachable } from "./api.js";
import { learnNames } from "./completion.js";
import { adopt, answered, connectDefinitions, define, definitionsIn, forgetDefinitions, inFront, pretty, showDefinitions, usesAns } from "./definitions.js";
import { button, byId, keep, kept, onKey } from "./dom.js";
import { difference, rootsOf } from "./equation.js";
import { ExplainView } from "./explain.js";
import { Expression } from "./expression.js";
import { History } from "./history.js";
import { connectSwitches, notation, onNotation, resetNotation, setNotation } from "./notation.js";
import { PlotView } from "./plot.js";
import { project } from "./projector.js";
import { RememberedView } from "./remembered.js";
import { TripView } from "./trip.js";
import { language, onLanguage, say, speak, translate } from "./words.js";

/** @import { Problem, Question, Reply, Trip, Value } from "./api.js" */

/** The pause in typing, in milliseconds, before the text is evaluated, and before an error is shown. */
const PAUSE = 120;
const PATIENCE = 600;
/** How long the page waits until it tries again to reach the service, in milliseconds; the last one repeats. */
const RETRIES = [1000, 2000, 5000, 10_000];

translate();

const mode = byId("mode", HTMLSelectElement);
const digits = byId("digits", HTMLInputElement);
/** A mode of an address that this page does not know; the service refuses it. */
let strangeMode = /** @type {string | null} */ (null);

let pause = 0;
let asking = new AbortController();
/** The question that was entered last. Its reply defines names or `ans`, also for what is typed before it comes. */
let entered = { request: new AbortController(), isDefinition: false, learned: Promise.resolve() };
/** Whether the picture shows the text of the field. */
let isCurve = false;

const answer = new AnswerView({ use, link: () => addressOf(question(), isCurve ? plot.parameters() : []), stop });
const trip = new TripView({ isKept: (key) => remembered.isKept(key) });
const plot = new PlotView();
const explanation = new ExplainView();
const remembered = new RememberedView({ forgotten: () => void trip.check() });
const history = new History({
  use: (past) => {
    setMode(past.mode);
    setNotation({ notation: past.notation ?? "python", ...(past.decimal === undefined ? {} : { decimal: past.decimal }) });
    use(past.text);
  },
  cleared: forgetDefinitions,
});
const expression = new Expression({
  changed: () => later(PAUSE),
  entered: () => void ask(true),
  walk: (step, text) => history.walk(step, text),
  next: () => answer.reading,
});

/**
 * The expression in the field, with all that gives it its meaning.
 *
 * @returns {Question}
 */
function question() {
  const asMode = strangeMode ?? (mode.value === "decimal" ? `decimal:${digits.value}` : mode.value);
  const [{ text }, written] = [expression, notation()];
  return { text, mode: asMode, ...written, definitions: inFront(text, written) };
}

/** Whether the number of digits is one that the service computes with, if it counts. */
function hasDigits() {
  const isRight = mode.value !== "decimal" || digits.validity.valid;
  digits.setAttribute("aria-invalid", String(!isRight));
  return isRight;
}

/** Keeps the mode for the next visit. */
function keepMode() {
  if (hasDigits()) keep("mode", question().mode);
}

/** Gives the question up. */
function stop() {
  asking.abort();
  entered.request.abort();
  trip.hide();
}

/** @param {string} text one of the service's modes */
function setMode(text) {
  const [name = "python", count] = text.split(":");
  mode.value = name;
  strangeMode = mode.selectedIndex < 0 ? text : null;
  if (count !== undefined) digits.value = count;
  byId("digits-choice", HTMLElement).hidden = mode.value !== "decimal";
}

/**
 * Puts another expression in the field and evaluates it.
 *
 * @param {string} text
 * @param {boolean} [isPlain] whether the blanks of the text were written as `+`
 */
function use(text, isPlain = false) {
  expression.write(text);
  void ask(true, isPlain);
}

/**
 * Evaluates after a pause in typing. What was asked before is no longer shown.
 *
 * @param {number} wait
 */
function later(wait) {
  clearTimeout(pause);
  asking.abort();
  answer.stale();
  trip.hide();
  pause = window.setTimeout(() => void ask(false), wait);
}

/**
 * Evaluates the expression in the field.
 *
 * @param {boolean} isFinal whether Enter was pressed: then the service may cache the answer, the history stores it, and
 * the address tells it. Otherwise it is only shown, so that half-typed expressions are not stored
 * @param {boolean} [isPlain]
 */
async function ask(isFinal, isPlain = false) {
  clearTimeout(pause);
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  if (entered.isDefinition || usesAns(expression.text)) await entered.learned;
  else entered.request.abort();
  if (signal.aborted) return;
  const asked = { ...question(), isPlain };
  if (asked.text.trim() === "") {
    answer.empty();
    trip.hide();
    return;
  }
  if (!hasDigits()) {
    answer.trouble(say("digitsRange"), isFinal);
    trip.hide();
    return;
  }
  isCurve = false;
  answer.wait();
  if (isFinal) trip.wait();
  try {
    const reply = await (isFinal ? enter(asked, signal) : patient(asked, false, signal, signal));
    if (signal.aborted) {
      if (isFinal && reply.value) note(asked, reply);
      return;
    }
    if (reply.value) await showValue(reply.value, asked, isFinal, signal);
    else if (reply.problem) await show(reply.problem, asked, isFinal, signal);
    if (signal.aborted) return;
    if (!isFinal) return;
    note(asked, reply);
    visit(asked, isCurve ? plot.parameters() : []);
    if (isCurve || answer.isNoted) trip.hide();
    else void trip.show(asked, reply.trip);
    explanation.show(asked);
    void remembered.look();
    await time(asked, reply, signal);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    answer.trouble(say(error instanceof Unreachable ? error.word : "broken"), isFinal);
    trip.hide();
    if (!(error instanceof Unreachable)) throw error;
  }
}

/**
 * The reply to a question that was entered. What it defines is kept even if the person has typed on.
 *
 * @param {Question} asked
 * @param {AbortSignal} signal
 * @returns {Promise<Reply>}
 */
function enter(asked, signal) {
  const [request, isDefinition] = [new AbortController(), definitionsIn(asked.text).length > 0];
  const reply = patient(asked, true, signal, request.signal);
  const learn = (/** @type {Reply} */ { value }) => {
    if (value && isDefinition) define(asked.text, value.read_as ?? null, asked);
    else if (value && value.type !== "none") answered(value.text, asked);
  };
  // An error is told by the one that asked.
  entered = { request, isDefinition, learned: reply.then(learn, () => {}) };
  return reply;
}

/**
 * The reply of the service; while it is away, the page tries again.
 *
 * @param {Question} asked
 * @param {boolean} isFinal
 * @param {AbortSignal} signal ends with the interest in the question
 * @param {AbortSignal} request aborts a request
 * @returns {Promise<Reply>}
 */
async function patient(asked, isFinal, signal, request) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await evaluate(asked, { signal: request, remember: isFinal });
    } catch (error) {
      if (!(error instanceof Unreachable) || error.word !== "unreachable") throw error;
      signal.throwIfAborted();
      // It is announced once.
      answer.trouble(say("unreachable"), isFinal && attempt === 0);
      trip.hide();
      await untilNext(RETRIES[Math.min(attempt, RETRIES.length - 1)] ?? 0, signal);
    }
  }
}

/**
 * Waits for a time, or until the browser is online again.
 *
 * @param {number} wait
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function untilNext(wait, signal) {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, wait);
    addEventListener("online", () => done(), { signal, once: true });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      failed(signal.reason);
    });
  });
}

/**
 * Shows a value, or that names are defined.
 *
 * @param {Value} value
 * @param {Question} asked
 * @param {boolean} isFinal
 * @param {AbortSignal} signal
 */
async function showValue(value, asked, isFinal, signal) {
  const made = definitionsIn(asked.text);
  // In school notation, a float is shown rounded, so that its binary digits are no surprise.
  const hints = (value.hints ?? []).filter(({ code }) => code !== "binary-float" || asked.notation === "python");
  expression.mark(hints.map(({ span }) => ({ span, name: "doubtful" })));
  if (made.length === 0) {
    answer.value({ ...value, hints }, asked, isFinal);
    return;
  }
  answer.defined(toldOf(made, value, asked), isFinal);
  const [first, ...others] = made;
  if (!isFinal || !first || others.length > 0 || first.parameters?.length !== 1) return;
  isCurve = (await plot.show(`${first.name}(x)`, isFinal)) === null && !signal.aborted;
}

/**
 * What a text defines: the functions as they were written, the last name with its value.
 *
 * @param {{ name: string, parameters: string[] | null, text: string }[]} made
 * @param {Value} value
 * @param {Question} asked
 */
function toldOf(made, value, asked) {
  const last = made.length - 1;
  const told = made.map(({ name, parameters, text }, index) => {
    return index === last && parameters === null ? `${name} = ${answer.short(value, asked)}` : pretty(text);
  });
  return told.join("; ");
}

/**
 * Shows a problem, or what else can be made of the text: a curve, or a choice of two readings.
 *
 * @param {Problem} problem
 * @param {Question} asked
 * @param {boolean} isFinal
 * @param {AbortSignal} signal
 */
async function show(problem, asked, isFinal, signal) {
  let wrong = /** @type {Problem | null} */ (problem);
  const unknown = unknownName(problem, asked.text);
  if (unknown === "x") {
    // It is said before the picture comes, so that the picture stays where it is.
    answer.note(say("functionOfX"), false);
    trip.hide();
    wrong = await plot.show(bodyOf(asked.text), isFinal);
  }
  if (signal.aborted) return;
  if (wrong === null) {
    isCurve = true;
    answer.note(say("functionOfX"), isFinal);
    expression.mark([]);
    return;
  }
  answer.rest();
  // While the person is typing, an error appears only after a longer pause.
  if (!isFinal) await new Promise((done) => setTimeout(done, PATIENCE - PAUSE));
  if (signal.aborted) return;
  if (await showEquation(asked, isFinal, signal)) return;
  if (signal.aborted) return;
  expression.mark(wrong.span ? [{ span: wrong.span, name: "wrong" }] : []);
  if (isFinal && unknown !== null && unknown !== "x" && !wrong.suggestion && (await isVariable(unknown, asked, signal))) {
    expression.mark([]);
    answer.note(say("functionOf", { name: unknown }), isFinal, button(say("drawAs", { name: unknown }), () => void draw(`${unknown} = x; ${asked.text}`)));
  } else if (wrong.readings) {
    const choices = wrong.readings.map(({ expr }) => ({ expr, preview: worth({ ...asked, text: expr }, signal) }));
    answer.choose(wrong.detail, choices, isFinal);
  } else if (wrong.code === "not-exact") {
    answer.problem(wrong, isFinal, button(say("useDecimal"), useDecimal, { class: "apply" }));
  } else answer.problem(wrong, isFinal);
}

/** Evaluates the text of the field with decimals. */
function useDecimal() {
  setMode("decimal");
  keepMode();
  void ask(true);
}

/**
 * Says of an equation what it is, and offers its roots and its curve.
 *
 * @param {Question} asked
 * @param {boolean} isFinal
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether the text is an equation
 */
async function showEquation(asked, isFinal, signal) {
  const body = difference(asked.text);
  if (body === null) return false;
  const roots = await rootsOf(body, asked, signal);
  if (signal.aborted) return true;
  expression.mark([]);
  const offers = [button(say("drawEquation", { expr: shortened(body) }), () => void draw(body))];
  if (roots !== null) offers.unshift(button(say("solve"), () => use(roots)));
  answer.note(say("equation"), isFinal, ...offers);
  return true;
}

/**
 * The name without a value that is the problem.
 *
 * @param {Problem} problem
 * @param {string} text
 */
function unknownName({ code, span }, text) {
  return code === "unknown-name" && span ? Array.from(text).slice(span.start, span.end).join("") : null;
}

/**
 * What is drawn of a text: of `y = 2x + 1`, the right side.
 *
 * @param {string} text
 */
function bodyOf(text) {
  const [only, ...others] = definitionsIn(text);
  return only?.parameters === null && others.length === 0 ? only.body : text;
}

/**
 * Whether a name is the only one of a text that has no value, and is not called.
 *
 * @param {string} name
 * @param {Question} asked
 * @param {AbortSignal} signal
 */
async function isVariable(name, asked, signal) {
  // A word is more likely a mistake than a variable.
  if (!/^\p{L}\p{Nd}*$/u.test(name) || asked.text.replace(/\s/g, "").includes(`${name}(`)) return false;
  const { explanation: told } = await explain(asked, signal);
  return told?.free_names.length === 1 && told.free_names[0] === name;
}

/**
 * Draws a text that is not in the field.
 *
 * @param {string} text
 */
async function draw(text) {
  const wrong = await plot.show(text, true);
  if (wrong) answer.problem(wrong, true);
}

/**
 * The value of a reading, in short.
 *
 * @param {Question} asked
 * @param {AbortSignal} signal
 */
async function worth(asked, signal) {
  try {
    const { value, problem } = await evaluate(asked, { signal, remember: false });
    if (value) return `= ${answer.short(value, asked)}`;
    return problem && unknownName(problem, asked.text) === "x" ? say("curve") : "";
  } catch {
    return "";
  }
}

/**
 * Finds out how long the answer stays cached. A response with a newly cached answer does not say it, so this asks
 * again.
 *
 * @param {Question} asked
 * @param {Reply} reply
 * @param {AbortSignal} signal
 */
async function time(asked, { trip: taken }, signal) {
  const left = (/** @type {Trip} */ { layer, ttl }) => (layer === "memory" ? (ttl ?? Infinity) : null);
  if (taken.layer === "memory") trip.lifetime(left(taken), taken.age);
  else if (taken.isStored || taken.layer === "redis" || taken.layer === "collapsed") {
    const again = await evaluate(asked, { signal, remember: false });
    if (!signal.aborted) trip.lifetime(left(again.trip), again.trip.age);
  } else trip.lifetime(null);
}

/**
 * Adds an evaluation to the history.
 *
 * @param {Question} asked
 * @param {Reply} reply
 */
function note(asked, { value, problem, trip: { layer, server, round } }) {
  const ms = server ?? round;
  const { text, mode: asMode, notation: written, decimal } = asked;
  let outcome = value ? answer.short(value, asked) : (problem?.detail ?? "");
  if (isCurve) outcome = say("curve");
  else if (value?.type === "none" && definitionsIn(text).length > 0) outcome = say("defined");
  const failed = !isCurve && value === null;
  history.add({ text, mode: asMode, notation: written, decimal, answer: outcome, failed, layer, ms, at: Date.now() });
}

byId("ask", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void ask(true);
});
mode.addEventListener("change", () => {
  setMode(mode.value);
  keepMode();
  later(0);
});
digits.addEventListener("input", () => {
  keepMode();
  later(PAUSE);
});
connectSwitches();
connectDefinitions(() => later(0));
onNotation(() => {
  answer.examples();
  plot.translate();
  later(0);
});

const languages = byId("language", HTMLSelectElement);
languages.value = language();
languages.addEventListener("change", () => speak(languages.value));
onLanguage(() => {
  answer.examples();
  trip.translate();
  plot.translate();
  explanation.translate();
  remembered.translate();
  history.show();
  showDefinitions();
  later(0);
});

const theme = byId("theme", HTMLSelectElement);
theme.value = kept("theme") ?? "light dark";
const dress = () => {
  document.documentElement.style.colorScheme = theme.value;
  plot.translate();
};
theme.addEventListener("change", () => {
  keep("theme", theme.value === "light dark" ? null : theme.value);
  dress();
});
dress();

// Panels that were open are open again on the next visit. On a wide screen, the explanation is open by default.
for (const panel of /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details[id$=-panel], #trip"))) {
  const isRoomy = panel.id === "explain-panel" && matchMedia("(min-width: 720px)").matches;
  panel.open = (kept(panel.id) ?? (panel.open || isRoomy ? "open" : "closed")) === "open";
  panel.addEventListener("toggle", () => keep(panel.id, panel.open ? "open" : "closed"));
}

// A menu closes when the person turns to something else.
const settings = byId("settings", HTMLDetailsElement);
for (const name of /** @type {const} */ (["pointerdown", "focusin"])) {
  document.addEventListener(name, ({ target }) => {
    if (!(target instanceof Node && settings.contains(target))) settings.open = false;
  });
}
settings.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !settings.open) return;
  settings.open = false;
  settings.querySelector("summary")?.focus();
});

// On a wide screen the picture is beside the field, otherwise directly below the answer. It is moved in the document, so
// that the Tab key follows.
const wide = matchMedia("(min-width: 1000px)");
const place = () => {
  const card = byId("plot-card", HTMLElement);
  if (wide.matches) byId("beside", HTMLElement).prepend(card);
  else byId("calculator", HTMLElement).after(card);
};
wide.addEventListener("change", place);
place();

// A key moves the focus to the field.
onKey("/", () => expression.focus());
project({ focus: () => expression.focus() });

// Paper shows where the page is.
addEventListener("beforeprint", () => (byId("printed", HTMLElement).textContent = location.href));

history.show();
void learnNames(() => expression.complete());
byId("main", HTMLElement).hidden = false;

/** Shows what the address asks for. */
function follow() {
  const link = linked();
  setMode(link.mode ?? kept("mode") ?? "python");
  if (link.text === null) resetNotation();
  else setNotation({ notation: link.notation, ...(link.decimal === null ? {} : { decimal: link.decimal }) });
  adopt(link.definitions, notation());
  plot.restore(link.all);
  if (link.text === null) expression.clear();
  else use(link.text, link.isPlain);
}
onReturn(follow);
follow();
if (linked().text === null) expression.focus();
