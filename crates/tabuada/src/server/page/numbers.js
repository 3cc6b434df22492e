// Makes numbers more readable without changing their characters.

import { make } from "./dom.js";
import { number } from "./words.js";

/** Longer runs of digits are grouped. */
const UNGROUPED = 4;
/** The maximum number of digits that are grouped, since more groups would be too many elements for a browser. */
export const GROUPED_MAX = 20_000;

/**
 * A text with its long runs of digits in groups of three: from the right before a point, from the left after it. Only
 * the style separates the groups, so a person who copies the text gets the digits alone.
 *
 * @param {string} text
 * @returns {Node[]}
 */
export function grouped(text) {
  if (text.length > GROUPED_MAX) return [document.createTextNode(text)];
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(/(?<![\p{L}\p{N}_.,])(\d+)(?:([.,])(\d+))?/gu)) {
    const [whole, before = "", point = "", behind = ""] = match;
    if (before.length <= UNGROUPED && behind.length <= UNGROUPED) continue;
    nodes.push(document.createTextNode(text.slice(at, match.index)));
    nodes.push(...groups(before, before.length % 3), document.createTextNode(point), ...groups(behind, 0));
    at = match.index + whole.length;
  }
  nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}

/**
 * @param {string} digits
 * @param {number} first the length of the first group, if it is not three
 * @returns {Node[]}
 */
function groups(digits, first) {
  if (digits.length <= UNGROUPED) return [document.createTextNode(digits)];
  const parts = [];
  for (let at = 0, end = first || 3; at < digits.length; at = end, end += 3) parts.push(digits.slice(at, end));
  return parts.flatMap((part, index) => [
    // A line may break between groups.
    ...(index > 0 ? [document.createElement("wbr")] : []),
    make("span", { class: "digits" }, part),
  ]);
}

/**
 * The number of significant digits in a number's text. `null` if the text is not a plain number.
 *
 * @param {string} text
 */
export function digitsOf(text) {
  return /^-?\d+(?:[.,]\d+)?$/.test(text) ? text.replace(/\D/g, "").replace(/^0+(?=\d)/, "").length : null;
}

/**
 * A duration in the unit that fits its size.
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  if (milliseconds < 1) return `${number(milliseconds * 1000, { maximumFractionDigits: 0 })} µs`;
  if (milliseconds < 1000) return `${number(milliseconds, { maximumSignificantDigits: 3 })} ms`;
  return `${number(milliseconds / 1000, { maximumSignificantDigits: 3 })} s`;
}

/**
 * Seconds in the format of a countdown.
 *
 * @param {number} seconds
 */
export function countdown(seconds) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours >= 48) return number(Math.floor(hours / 24), { style: "unit", unit: "day", unitDisplay: "long" });
  if (hours > 0) return `${hours}:${two(minutes)}:${two(Math.floor(seconds) % 60)}`;
  if (minutes > 0) return `${minutes}:${two(Math.floor(seconds) % 60)}`;
  return `${Math.floor(seconds)} s`;
}

/**
 * A size in bytes, in the unit that fits.
 *
 * @param {number} bytes
 */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${number(value, { maximumSignificantDigits: 3 })} ${units[unit]}`;
}
