// How expressions are written and numbers shown: the notation and the decimal sign.

/**
 * @typedef {object} Notation
 * @property {string} notation `school` or `python`
 * @property {string} decimal `point` or `comma`
 */

/** @returns {Notation} */
export function notation() {
  return { notation: "python", decimal: "point" };
}
