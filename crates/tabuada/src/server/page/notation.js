// How the person writes expressions and numbers: the notation and its decimal sign.

import { kept } from "./dom.js";

/** @typedef {{ notation: "school" | "python", decimal: "comma" | "point" }} Notation */

/** @type {(() => void)[]} */
const listeners = [];

/** @returns {Notation} */
export function notation() {
  return {
    notation: kept("notation") === "school" ? "school" : "python",
    decimal: kept("decimal") === "comma" ? "comma" : "point",
  };
}

/**
 * Calls a function after each change of the notation or the decimal sign.
 *
 * @param {() => void} listener
 */
export function onNotation(listener) {
  listeners.push(listener);
}

// Another tab of this browser has changed it.
addEventListener("storage", () => listeners.forEach((listener) => listener()));
