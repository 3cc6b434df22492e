// The page put together: what is typed is asked, what is answered is shown.

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

/** How long nothing is typed until it is asked, in milliseconds; and until an error is marked. */
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
 * What stands in the field, and in which numbers it is asked.
 *
 * @returns {Question}
 */
function question() {
  const count = Math.min(Math.max(Math.trunc(Number(digits.value)) || 1, 1), 1000);
  return { text: expression.text, mode: mode.value === "decimal" ? `decimal:${count}` : mode.value };
}

/** @param {string} text one of the service's own */
function setMode(text) {
  const [name = "python", count] = text.split(":");
  mode.value = name;
  if (mode.selectedIndex < 0) mode.value = "python";
  if (count !== undefined) digits.value = count;
  byId("digits-choice", HTMLElement).hidden = mode.value !== "decimal";
}

/**
 * Puts another expression in the field, and works it out.
 *
 * @param {string} text
 */
function use(text) {
  expression.write(text);
  void ask(true);
}

/**
 * Asks when nothing has been typed for a while; what was asked before is no longer wanted.
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
 * Asks what stands in the field.
 *
 * @param {boolean} isFinal with Enter: then the answer is remembered, by the service and in the history; else it is only
 *   shown, lest what is half typed be remembered
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
 * Shows what is wrong; or, if nothing is but that `x` has no value, the curve.
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
  // Who is still typing is not told at once.
  if (!isFinal) await new Promise((done) => setTimeout(done, PATIENCE - PAUSE));
  if (signal.aborted) return;
  answer.problem(wrong, isFinal);
  expression.mark(wrong.span ? [{ span: wrong.span, name: "wrong" }] : []);
}

/**
 * Sees for how long the answer will be remembered. One that has just been kept does not say so itself.
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
 * Notes in the history what was asked for good.
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

// What was open is open the next time. Where there is room, explanations are open at first.
for (const panel of document.querySelectorAll("details")) {
  const isRoomy = panel.id === "explain-panel" && matchMedia("(min-width: 720px)").matches;
  panel.open = (kept(panel.id) ?? (panel.open || isRoomy ? "open" : "closed")) === "open";
  panel.addEventListener("toggle", () => keep(panel.id, panel.open ? "open" : "closed"));
}

// The field is one key away.
document.addEventListener("keydown", (event) => {
  const isElsewhere = !(event.target instanceof Element && event.target.closest("input, textarea, select, dialog"));
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !isElsewhere) return;
  event.preventDefault();
  expression.focus();
});

history.show();
void learnNames();
byId("main", HTMLElement).hidden = false;

const link = new URLSearchParams(location.search);
setMode(link.get("mode") ?? kept("mode") ?? "python");
const shared = link.get("expr");
if (shared !== null) use(shared);
else expression.focus();
