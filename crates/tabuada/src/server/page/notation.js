// How expressions are written and numbers shown: the notation and the decimal sign.

import { byId, keep, kept } from "./dom.js";
import { language, onLanguage } from "./words.js";

/**
 * @typedef {object} Notation
 * @property {string} notation `school` or `python`; an address may name another, which the service refuses
 * @property {string} decimal `point` or `comma`: the sign of what is read and of what is shown
 */

/** @type {(() => void)[]} */
const listeners = [];

/** What the person or an address has chosen; `null`: the default of the language. */
const chosen = { notation: kept("notation"), decimal: kept("decimal") };

/** @returns {Notation} */
export function notation() {
  const written = chosen.notation ?? "school";
  if (written === "python") return { notation: written, decimal: "point" };
  return { notation: written, decimal: chosen.decimal ?? (language() === "pt-BR" ? "comma" : "point") };
}

/**
 * Changes the notation for this visit.
 *
 * @param {{ notation?: string | null, decimal?: string | null }} change `null`: the default
 */
export function setNotation(change) {
  Object.assign(chosen, change);
  show();
  for (const listener of listeners) listener();
}

/** Returns to what this browser keeps. */
export function resetNotation() {
  setNotation({ notation: kept("notation"), decimal: kept("decimal") });
}

/**
 * Calls a function after each change of the notation.
 *
 * @param {() => void} listener
 */
export function onNotation(listener) {
  listeners.push(listener);
}

/** Shows the notation in its switches, which a person's choice changes for later visits too. */
export function connectSwitches() {
  for (const radio of radios()) {
    radio.addEventListener("change", () => {
      keep("notation", radio.value);
      setNotation({ notation: radio.value });
    });
  }
  const sign = decimalSign();
  sign.addEventListener("change", () => {
    keep("decimal", sign.value);
    setNotation({ decimal: sign.value });
  });
  onLanguage(show);
  show();
}

function show() {
  const { notation: written, decimal } = notation();
  for (const radio of radios()) radio.checked = radio.value === written;
  const sign = decimalSign();
  sign.value = decimal;
  // In Python's notation, a comma always separates.
  sign.disabled = written === "python";
}

function radios() {
  return [byId("school", HTMLInputElement), byId("python", HTMLInputElement)];
}

function decimalSign() {
  return byId("decimal-sign", HTMLSelectElement);
}

/**
 * The text of a value, with the decimal sign of the notation, as it can be typed again. Strings stay as they are.
 *
 * @param {string} text as Python writes it
 * @param {Notation} written
 */
export function spelled(text, { decimal }) {
  if (decimal !== "comma") return text;
  return text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<=\d)\.(?=\d)|,(?= )/g, (found) => {
    if (found === ".") return ",";
    return found === "," ? ";" : found;
  });
}
