// The page's texts in the person's language, and numbers in that language's format.

import { kept, keep } from "./dom.js";
import { ENGLISH } from "./english.js";
import { PORTUGUESE } from "./portuguese.js";

/** @typedef {"en" | "pt-BR"} Language */
/** @typedef {keyof typeof ENGLISH} Word */

/** @type {Record<Language, Record<Word, string>>} */
const WORDS = { en: ENGLISH, "pt-BR": PORTUGUESE };

/** @type {(() => void)[]} */
const listeners = [];

/** @type {Language} */
let current = known(kept("language")) ?? navigator.languages.map(known).find((one) => one !== null) ?? "en";

/**
 * @param {string | null} tag
 * @returns {Language | null}
 */
function known(tag) {
  const primary = (tag ?? "").toLowerCase().split("-")[0];
  if (primary === "pt") return "pt-BR";
  return primary === "en" ? "en" : null;
}

/** The language of the page. */
export function language() {
  return current;
}

/**
 * Changes the language, for this visit and later ones.
 *
 * @param {string} tag
 */
export function speak(tag) {
  current = known(tag) ?? current;
  keep("language", current);
  translate();
  for (const listener of listeners) listener();
}

/**
 * Calls a function after each change of the language.
 *
 * @param {() => void} listener
 */
export function onLanguage(listener) {
  listeners.push(listener);
}

/**
 * A text. Each name in braces is replaced by the value of that name. Of `one|many`, the form that fits the number
 * `count` is used.
 *
 * @param {Word} word
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function say(word, values = {}) {
  let sentence = WORDS[current][word];
  if (typeof values.count === "number" && sentence.includes("|")) {
    const [one = "", many = ""] = sentence.split("|");
    sentence = new Intl.PluralRules(current).select(values.count) === "one" ? one : many;
  }
  return sentence.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? number(value) : value;
  });
}

/**
 * A message of the service as a sentence, with a capital and a stop. A name, a number or a quotation at its beginning
 * stays as it is.
 *
 * @param {string} message
 */
export function sentence(message) {
  const capital = message.replace(/^\p{Ll}(?=\p{L}*[ ;:])/u, (letter) => letter.toUpperCase());
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

/**
 * A number in the format of the language.
 *
 * @param {number} value
 * @param {Intl.NumberFormatOptions} options
 */
export function number(value, options = {}) {
  return new Intl.NumberFormat(current, options).format(value);
}

/**
 * Alternatives joined by "or" in the language.
 *
 * @param {string[]} things
 */
export function either(things) {
  return new Intl.ListFormat(current, { type: "disjunction" }).format(things);
}

/** Writes all texts of the static page. */
export function translate() {
  document.documentElement.lang = current;
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = sayOf(element, "data-word");
  for (const attribute of ["aria-label", "placeholder"]) {
    const named = `data-word-${attribute.replace("aria-", "")}`;
    for (const element of document.querySelectorAll(`[${named}]`)) element.setAttribute(attribute, sayOf(element, named));
  }
}

/**
 * @param {Element} element
 * @param {string} attribute
 */
function sayOf(element, attribute) {
  return say(/** @type {Word} */ (element.getAttribute(attribute)));
}
