// The address of the page, which tells what is shown. Enter makes an entry in the browser's history.

/** @import { Question } from "./api.js" */

/**
 * @typedef {object} Linked what an address asks for
 * @property {string | null} text
 * @property {string | null} mode
 * @property {string | null} notation
 * @property {string | null} decimal `null`: the text is the same with either sign
 * @property {string[]} definitions
 * @property {boolean} isPlain whether blanks of the text are written as `+`: by hand, or by a form
 * @property {URLSearchParams} all
 */

/** The state of an entry of the browser's history that this page has made. */
const ENTRY = "question";
/** The characters that a decimal sign gives their meaning. */
const SIGNS = /[.,;]/;

/**
 * What the current address asks for. With an expression, what it leaves out is the default, whatever this browser keeps.
 *
 * @returns {Linked}
 */
export function linked() {
  const all = new URLSearchParams(location.search);
  const text = all.get("expr");
  const definitions = all.getAll("def");
  const otherwise = (/** @type {string} */ value) => (text === null ? null : value);
  const depends = SIGNS.test([text, ...definitions].join());
  return {
    text,
    definitions,
    mode: all.get("mode") ?? otherwise("python"),
    notation: all.get("notation") ?? otherwise("school"),
    decimal: all.get("decimal") ?? (depends ? otherwise("point") : null),
    isPlain: /[?&]expr=[^&]*\+/.test(location.search),
    all,
  };
}

/**
 * The query of a question, with the parameters that differ from the default.
 *
 * @param {Question} question
 * @param {[string, string][]} view the parameters of the picture
 */
function query({ text, mode, notation, decimal, definitions }, view) {
  const parameters = [["expr", text], ...definitions.map((definition) => ["def", definition])];
  if (notation !== "school") parameters.push(["notation", notation]);
  else if (decimal !== "point" && SIGNS.test([text, ...definitions].join())) parameters.push(["decimal", decimal]);
  if (mode !== "python") parameters.push(["mode", mode]);
  parameters.push(...view);
  // A blank is `%20`: a `+` is what people type by hand.
  return `?${parameters.map(([name = "", value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/**
 * The address of a question, for a link to it.
 *
 * @param {Question} question
 * @param {[string, string][]} view
 */
export function addressOf(question, view) {
  return `${location.origin}${location.pathname}${query(question, view)}`;
}

/**
 * Puts a question into the address bar. Another text is another entry of the browser's history.
 *
 * @param {Question} question
 * @param {[string, string][]} view
 */
export function visit(question, view) {
  const isProjected = new URLSearchParams(location.search).has("projector");
  const next = query(question, isProjected ? [...view, ["projector", "1"]] : view);
  if (question.text === linked().text) window.history.replaceState(ENTRY, "", next);
  else window.history.pushState(ENTRY, "", next);
}

/**
 * Reports that the person goes back or forward. Links within the page make entries, too, which show nothing else.
 *
 * @param {() => void} follow shows what the address asks for
 */
export function onReturn(follow) {
  window.history.replaceState(ENTRY, "");
  addEventListener("popstate", ({ state }) => {
    if (state !== null) follow();
  });
}
