// Equations in x: they have no value, but roots and a curve.

import { table } from "./api.js";

/** @import { Question } from "./api.js" */

/** Where roots are looked for, and at how many points. The points are no round numbers, where a root would be missed. */
const [FROM, TO, POINTS] = [-10.017, 10.013, 402];
/** The maximum of roots that are offered. */
const ROOTS_MAX = 8;

/**
 * The difference of the sides of an equation in x, such as `x^2-4` of `x^2-4 = 0`; `null`, if a text is none.
 *
 * @param {string} text
 */
export function difference(text) {
  const sides = text.split(/(?<![=<>!:@])=(?!=)/);
  const [left = "", right = ""] = sides.map((side) => side.trim());
  const isInX = /(?<![\p{L}_])x(?![\p{L}\p{Nd}_(])/u.test(text);
  if (sides.length !== 2 || left === "" || right === "" || !isInX || /[;\n'"]/.test(text)) return null;
  if (right === "0") return left;
  return /^[\d.,]+$/.test(right) ? `${left} - ${right}` : `${left} - (${right})`;
}

/**
 * The expression of the roots of a body in x, as far as they are changes of its sign; `null`, if there are none.
 *
 * @param {string} body
 * @param {Question} asked
 * @param {AbortSignal} signal
 */
export async function rootsOf(body, asked, signal) {
  const values = await table({ ...asked, text: body }, { from: FROM, to: TO, count: POINTS }, signal);
  const at = (/** @type {number} */ index) => FROM + (index * (TO - FROM)) / (POINTS - 1);
  const changes = values.flatMap((value, index) => {
    const next = values[index + 1];
    return value !== null && next !== null && next !== undefined && value * next < 0 ? [at(index + 0.5)] : [];
  });
  if (changes.length === 0 || changes.length > ROOTS_MAX) return null;
  const between = changes.slice(1).map((change, index) => nice((change + (changes[index] ?? 0)) / 2));
  const ends = ["-10", ...between, "10"].map((end) => (asked.decimal === "comma" ? end.replace(".", ",") : end));
  const separator = asked.notation === "python" ? ", " : "; ";
  const roots = changes.map((_, index) => `root(${[body, "x", ends[index], ends[index + 1]].join(separator)})`);
  return roots.length === 1 ? (roots[0] ?? null) : `[${roots.join(separator)}]`;
}

/**
 * A short number near another.
 *
 * @param {number} value
 */
function nice(value) {
  return String(Math.round(value * 10) / 10);
}
