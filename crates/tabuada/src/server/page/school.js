// How functions are called at school, in the person's language.

import { notation } from "./notation.js";
import { language } from "./words.js";

/** The parameters of a function that takes a list in Python, and at school the values themselves. */
const VALUES = "a, b, …";

/** @typedef {[word: string, python: string, signature?: string]} Word what Python calls it, and its other parameters */

/** @type {Word[]} */
const ALL = [
  ["ln", "log", "x"],
  ["log", "log10"],
  ["mean", "mean", VALUES],
  ["median", "median", VALUES],
];

/** @type {Word[]} */
const PORTUGUESE = [
  ["sen", "sin"],
  ["tg", "tan"],
  ["arcsen", "asin"],
  ["arctg", "atan"],
  ["senh", "sinh"],
  ["tgh", "tanh"],
  ["raiz", "sqrt"],
  ["módulo", "abs"],
  ["piso", "floor"],
  ["teto", "ceil"],
  ["arredondar", "round"],
  ["truncar", "trunc"],
  ["sinal", "sgn"],
  ["mdc", "gcd"],
  ["mmc", "lcm"],
  ["fatorial", "factorial"],
  ["primo", "isprime"],
  ["fatorar", "factor"],
  ["combinação", "comb"],
  ["arranjo", "perm"],
  ["média", "mean", VALUES],
  ["mediana", "median", VALUES],
  ["moda", "mode", VALUES],
  ["soma", "sum", VALUES],
  ["produto", "prod", VALUES],
  ["máximo", "max"],
  ["mínimo", "min"],
  ["graus", "degrees"],
  ["radianos", "radians"],
  ["aleatório", "rnd"],
];

/** The words of school in the person's language. In Python's notation these are other words for its names. */
export function schoolWords() {
  const own = language() === "pt-BR" ? PORTUGUESE : [];
  return isSchool() ? [...own, ...ALL] : own;
}

export function isSchool() {
  return notation().notation === "school";
}

/**
 * A function's name as it is written in the notation.
 *
 * @param {string} python
 */
export function spelled(python) {
  const word = isSchool() ? schoolWords().find(([, name]) => name === python) : undefined;
  return word?.[0] ?? python;
}

/** What separates arguments: with a decimal comma, a semicolon. */
export function separator() {
  return isSchool() && notation().decimal === "comma" ? ";" : ",";
}
