// The names that the person has defined in this tab, and `ans`, the last answer. The service keeps nothing of a person, so
// the definitions that a text uses are sent in front of it.

import { button, byId, fill, keep, kept, make, storage } from "./dom.js";
import { spelled } from "./notation.js";
import { say } from "./words.js";

/** @import { Notation } from "./notation.js" */

/**
 * @typedef {object} Definition
 * @property {string} name
 * @property {string[] | null} parameters `null`: the name is no function
 * @property {string} text as it was written, such as `f(x) = x^2`
 * @property {string | null} python the same in Python's notation, if it is known
 * @property {Notation} written the notation of the text
 */

/** The longest answer that is kept as `ans`, in characters. */
const ANS_MAX = 20_000;

const NAME = "[\\p{L}_][\\p{L}\\p{Nd}_]*";
const DEFINITION = new RegExp(`^\\s*(${NAME})\\s*(?:\\(([^()]*)\\))?\\s*@?=(?!=)\\s*(\\S[^]*)$`, "u");
const NAMES = new RegExp(NAME, "gu");

/** @type {Map<string, Definition>} */
const known = new Map(read().map((definition) => [definition.name, definition]));

/** Reports a change of the definitions. */
let changed = () => {};

/** @returns {Definition[]} */
function read() {
  try {
    const all = JSON.parse(kept("definitions", storage("sessionStorage")) ?? "[]");
    const isDefinition = (/** @type {any} */ one) => typeof one?.name === "string" && typeof one.text === "string" && one.written;
    return Array.isArray(all) ? all.filter(isDefinition) : [];
  } catch {
    return [];
  }
}

/**
 * Shows the definitions, and reports when one is removed.
 *
 * @param {() => void} listener
 */
export function connectDefinitions(listener) {
  changed = listener;
  showDefinitions();
}

/** The definitions of this tab. */
export function defined() {
  return [...known.values()].filter(({ name }) => name !== "ans");
}

/** Whether there is a last answer. */
export function hasAns() {
  return known.has("ans");
}

/**
 * Whether a text uses the last answer.
 *
 * @param {string} text
 */
export function usesAns(text) {
  return uses(text).has("ans");
}

/**
 * The statements of a text: what `;` and line breaks separate, outside of brackets and strings.
 *
 * @param {string} text
 */
function statements(text) {
  const parts = [""];
  let [depth, quote] = [0, ""];
  for (const character of text) {
    if (quote === "" && "'\"".includes(character)) quote = character;
    else if (character === quote) quote = "";
    else if (quote === "" && "([{".includes(character)) depth += 1;
    else if (quote === "" && ")]}".includes(character)) depth -= 1;
    if (quote === "" && depth <= 0 && ";\n".includes(character)) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/**
 * The parts of a text that is one definition.
 *
 * @param {string} text
 */
export function definition(text) {
  const [whole, name = "", list, body = ""] = text.match(DEFINITION) ?? [];
  if (whole === undefined) return null;
  const parameters = list === undefined ? null : list.split(/[,;]/).map((one) => one.trim()).filter((one) => one !== "");
  const isNamed = (parameters ?? []).every((one) => one.replace(NAMES, "") === "");
  return isNamed ? { name, parameters, body: body.trim(), text: text.trim() } : null;
}

/**
 * The definitions of which a text consists; none, if it is anything else.
 *
 * @param {string} text
 */
export function definitionsIn(text) {
  const all = statements(text).map(definition);
  return all.every((one) => one !== null) ? all : [];
}

/**
 * Keeps the definitions of a text that the service has read.
 *
 * @param {string} text
 * @param {string | null} readAs the text in Python's notation
 * @param {Notation} written
 */
export function define(text, readAs, { notation, decimal }) {
  const all = definitionsIn(text);
  const inPython = statements(readAs ?? (notation === "python" ? text : ""));
  all.forEach(({ name, parameters, text: own, body }, index) => {
    const before = known.get(name);
    let python = inPython[index] ?? null;
    // A new value that is made of the old one holds it.
    if (parameters === null && before && before.parameters === null && uses(body).has(name)) {
      const renewed = (/** @type {string} */ fresh, /** @type {string} */ old) => {
        const [now, then] = [fresh, old].map((one) => definition(one)?.body ?? "");
        return `${name} = ${replaced(now ?? "", name, `(${then})`)}`;
      };
      own = renewed(own, before.text);
      python = python !== null && before.python !== null ? renewed(python, before.python) : null;
    }
    known.set(name, { name, parameters, text: own, python, written: { notation, decimal } });
  });
  store();
}

/**
 * Keeps the definitions of a link.
 *
 * @param {string[]} texts
 * @param {Notation} written
 */
export function adopt(texts, written) {
  for (const text of texts) define(text, null, written);
}

/**
 * Keeps an answer as `ans`.
 *
 * @param {string} text as Python writes it
 * @param {Notation} written
 */
export function answered(text, { notation, decimal }) {
  if (text.length > ANS_MAX) return;
  const [own, written] = [`ans = ${text}`, { notation, decimal }];
  known.set("ans", { name: "ans", parameters: null, text: own, python: own, written });
  store();
}

export function forgetDefinitions() {
  known.clear();
  store();
}

/**
 * The definitions that a text uses, each after those that it uses itself.
 *
 * @param {string} text
 * @param {Notation} written the notation in which they are needed; those that cannot be written in it are left out
 * @returns {string[]}
 */
export function inFront(text, written) {
  /** @type {Map<string, string>} */
  const used = new Map();
  const seen = new Set(definitionsIn(text).filter(({ name, body }) => !uses(body).has(name)).map(({ name }) => name));
  const look = (/** @type {string} */ within) => {
    for (const name of uses(within)) {
      const one = known.get(name);
      if (!one || seen.has(name)) continue;
      seen.add(name);
      look(definition(one.text)?.body ?? "");
      const own = inNotation(one, written);
      if (own !== null) used.set(name, own);
    }
  };
  look(text);
  return [...used.values()];
}

/**
 * @param {Definition} one
 * @param {Notation} written
 */
function inNotation({ name, text, python, written: own }, written) {
  if (name === "ans" && python !== null) return spelled(python, written);
  if (written.notation === "python") return python;
  return own.notation === written.notation && own.decimal === written.decimal ? text : null;
}

/** @param {string} text */
function uses(text) {
  return new Set(text.match(NAMES));
}

/**
 * @param {string} text
 * @param {string} name
 * @param {string} by
 */
function replaced(text, name, by) {
  return text.replace(NAMES, (one) => (one === name ? by : one));
}

function store() {
  const all = [...known.values()];
  keep("definitions", all.length > 0 ? JSON.stringify(all) : null, storage("sessionStorage"));
  showDefinitions();
}

/** Lists the definitions, each with a button that removes it. */
export function showDefinitions() {
  const chips = defined().map(({ name, text }) => {
    const drop = () => {
      known.delete(name);
      store();
      changed();
    };
    return make(
      "li",
      {},
      make("span", { class: "ink" }, pretty(text)),
      button("×", drop, { "aria-label": say("dropDefinition", { name }), "data-testid": "drop-definition" }),
    );
  });
  const list = byId("definitions", HTMLUListElement);
  fill(list, ...chips);
  list.hidden = chips.length === 0;
}

/**
 * A definition as it is written on paper.
 *
 * @param {string} text
 */
export function pretty(text) {
  const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return text
    .replace(/(?:\^|\*\*)(\d+)(?![\d.,^(]|\*\*)/g, (_, digits) => Array.from(digits, (digit) => raised[Number(digit)]).join(""))
    .replace(/\s*@?=(?!=)\s*/, " = ");
}
