// Connects the parts of the page: evaluates the typed text and shows the answer.

import { AnswerView } from "./answer.js";
import { evaluate, isAbort, Unreachable } from "./api.js";
import { learnNames } from "./completion.js";
import { byId, keep, kept } from "./dom.js";
import { ExplainView } from "./explain.js";
import { Expression } from "./expression.js";
import { History } from "./history.js";
import { PlotView } from "./plot.js";
import { RememberedView } from "./remembered.js";
import { TripView } from "./trip.js";
import { language, onLanguage, say, speak, translate } from "./words.js";

/** @import { Problem, Question, Reply, Trip } from "./api.js" */

/** The pause in typing, in milliseconds, before the text is evaluated, and before an error is shown. */
const PAUSE = 120;
const PATIENCE = 600;

translate();

const mode = byId("mode", HTMLSelectElement);
const digits = byId("digits", HTMLInputElement);

let pause = 0;
let asking = new AbortController();

const answer = new AnswerView({ use, asked: question });
const trip = new TripView();
const plot = new PlotView();
const explanation = new ExplainView();
const remembered = new RememberedView({ forgotten: () => trip.lifetime(null) });
const history = new History({
  use: (past) => {
    setMode(past.mode);
    use(past.text);
  },
});
const expression = new Expression({
  changed: () => later(PAUSE),
  entered: () => void ask(true),
  walk: (step, text) => history.walk(step, text),
});

/**
 * The expression in the field, with the mode.
 *
 * @returns {Question}
 */
function question() {
  const count = Math.min(Math.max(Math.trunc(Number(digits.value)) || 1, 1), 1000);
  return { text: expression.text, mode: mode.value === "decimal" ? `decimal:${count}` : mode.value };
}

/** @param {string} text one of the service's modes */
function setMode(text) {
  const [name = "python", count] = text.split(":");
  mode.value = name;
  if (mode.selectedIndex < 0) mode.value = "python";
  if (count !== undefined) digits.value = count;
  byId("digits-choice", HTMLElement).hidden = mode.value !== "decimal";
}

/**
 * Puts another expression in the field and evaluates it.
 *
 * @param {string} text
 */
function use(text) {
  expression.write(text);
  void ask(true);
}

/**
 * Evaluates after a pause in typing, and aborts the request before.
 *
 * @param {number} wait
 */
function later(wait) {
  clearTimeout(pause);
  asking.abort();
  answer.stale(true);
  pause = window.setTimeout(() => void ask(false), wait);
}

/**
 * Evaluates the expression in the field.
 *
 * @param {boolean} isFinal whether Enter was pressed: then the service may cache the answer and the history stores it.
 * Otherwise it is only shown, so that half-typed expressions are not stored
 */
async function ask(isFinal) {
  clearTimeout(pause);
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const asked = question();
  if (asked.text.trim() === "") {
    answer.empty();
    trip.hide();
    return;
  }
  try {
    const reply = await evaluate(asked, { signal, remember: isFinal });
    if (signal.aborted) return;
    if (reply.value) {
      answer.value(reply.value, isFinal);
      expression.mark((reply.value.hints ?? []).map(({ span }) => ({ span, name: "doubtful" })));
    } else if (reply.problem) await show(reply.problem, asked, isFinal, signal);
    if (signal.aborted) return;
    if (isFinal) note(asked, reply, answer.isNoted);
    const { identity } = reply.trip;
    void trip.show(reply.trip, history.first(identity), isFinal);
    if (isFinal) {
      explanation.show(asked);
      void remembered.look();
    }
    await time(asked, reply, isFinal, signal);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    answer.trouble(say(error instanceof Unreachable ? error.word : "broken"), isFinal);
    trip.hide();
    if (!(error instanceof Unreachable)) throw error;
  }
}

/**
 * Shows a problem. If the only problem is that `x` has no value, shows the curve.
 *
 * @param {Problem} problem
 * @param {Question} asked
 * @param {boolean} isFinal
 * @param {AbortSignal} signal
 */
async function show(problem, asked, isFinal, signal) {
  const { span } = problem;
  const isAboutX = problem.code === "unknown-name" && span && Array.from(asked.text).slice(span.start, span.end).join("") === "x";
  let wrong = /** @type {Problem | null} */ (problem);
  if (isAboutX) wrong = await plot.show(asked.text, isFinal);
  if (signal.aborted) return;
  if (wrong === null) {
    answer.note(say("functionOfX"), isFinal);
    expression.mark([]);
    return;
  }
  // While the person is typing, an error appears only after a longer pause.
  if (!isFinal) await new Promise((done) => setTimeout(done, PATIENCE - PAUSE));
  if (signal.aborted) return;
  answer.problem(wrong, isFinal);
  expression.mark(wrong.span ? [{ span: wrong.span, name: "wrong" }] : []);
}

/**
 * Finds out how long the answer stays cached. A response with a newly cached answer does not say it, so this asks
 * again.
 *
 * @param {Question} asked
 * @param {Reply} reply
 * @param {boolean} isFinal
 * @param {AbortSignal} signal
 */
async function time(asked, { trip: taken }, isFinal, signal) {
  const left = (/** @type {Trip} */ { layer, ttl }) => (layer === "memory" ? (ttl ?? Infinity) : null);
  if (taken.layer === "memory") trip.lifetime(left(taken), taken.age);
  else if (isFinal && (taken.isStored || taken.layer === "redis" || taken.layer === "collapsed")) {
    const again = await evaluate(asked, { signal, remember: false });
    if (!signal.aborted) trip.lifetime(left(again.trip), again.trip.age);
  } else trip.lifetime(null);
}

/**
 * Adds an evaluation to the history.
 *
 * @param {Question} asked
 * @param {Reply} reply
 * @param {boolean} isCurve
 */
function note({ text, mode: asMode }, { value, problem, trip: { layer, server, round, identity } }, isCurve) {
  const ms = server ?? round;
  if (identity !== null && layer === "computed") history.noteFirst(identity, ms);
  const outcome = isCurve ? say("curve") : (value?.text ?? problem?.detail ?? "");
  history.add({ text, mode: asMode, answer: outcome, failed: !isCurve && value === null, layer, ms, at: Date.now() });
}

byId("ask", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void ask(true);
});
mode.addEventListener("change", () => {
  setMode(mode.value);
  keep("mode", question().mode);
  later(0);
});
digits.addEventListener("input", () => {
  keep("mode", question().mode);
  later(PAUSE);
});

const languages = byId("language", HTMLSelectElement);
languages.value = language();
languages.addEventListener("change", () => speak(languages.value));
onLanguage(() => {
  trip.translate();
  plot.translate();
  explanation.translate();
  remembered.translate();
  history.show();
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
for (const panel of document.querySelectorAll("details")) {
  const isRoomy = panel.id === "explain-panel" && matchMedia("(min-width: 720px)").matches;
  panel.open = (kept(panel.id) ?? (panel.open || isRoomy ? "open" : "closed")) === "open";
  panel.addEventListener("toggle", () => keep(panel.id, panel.open ? "open" : "closed"));
}

// A key moves the focus to the field.
document.addEventListener("keydown", (event) => {
  const isElsewhere = !(event.target instanceof Element && event.target.closest("input, textarea, select, dialog"));
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !isElsewhere) return;
  event.preventDefault();
  expression.focus();
});

history.show();
void learnNames(() => expression.complete());
byId("main", HTMLElement).hidden = false;

const link = new URLSearchParams(location.search);
setMode(link.get("mode") ?? kept("mode") ?? "python");
const shared = link.get("expr");
if (shared !== null) use(shared);
else expression.focus();
