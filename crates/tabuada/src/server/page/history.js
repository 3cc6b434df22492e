// The history of this browser, which is stored only here.

import { shortened } from "./answer.js";
import { confirmed } from "./dialog.js";
import { button, byId, fill, keep, kept, make, save, visible } from "./dom.js";
import { duration } from "./numbers.js";
import { language, say } from "./words.js";

/** @import { Layer } from "./api.js" */
/** @import { Word } from "./words.js" */

/**
 * @typedef {object} Past one evaluation
 * @property {string} text
 * @property {string} mode
 * @property {string} [notation] absent in entries of earlier versions, which are in Python's
 * @property {string} [decimal]
 * @property {string} answer the beginning of the answer or of the error
 * @property {boolean} failed
 * @property {Layer} layer
 * @property {number} ms in the service, or else from the request to the response
 * @property {number} at the time, in JavaScript's milliseconds
 */

/** The maximum of entries stored. */
const KEPT_MAX = 500;
/** The maximum of characters stored of an answer. */
const ANSWER_MAX = 400;

export class History {
  /** @type {Past[]} latest last */
  #all = read();
  /** How far back the arrow keys have moved, and the text of the field before that. */
  #walked = 0;
  #draft = "";
  #list = byId("history", HTMLOListElement);
  #search = byId("history-search", HTMLInputElement);

  /**
   * @param {{ use: (past: Past) => void, cleared: () => void }} told `use`: evaluates an entry again; `cleared`: the
   * person has removed everything
   */
  constructor({ use, cleared }) {
    this.use = use;
    this.#search.addEventListener("input", () => this.show());
    byId("history-export", HTMLButtonElement).addEventListener("click", () => this.#export());
    byId("history-clear", HTMLButtonElement).addEventListener("click", async () => {
      if (!(await confirmed(say("historyClear"), say("clear")))) return;
      this.#all = [];
      this.#write();
      cleared();
    });
    // Another tab of this browser has changed the history.
    addEventListener("storage", () => {
      this.#all = read();
      this.show();
    });
  }

  /** @param {Past} past */
  add(past) {
    const last = this.#all.at(-1);
    // Repetitions of the last question update its entry.
    const names = /** @type {const} */ (["text", "mode", "notation", "decimal"]);
    if (last && names.every((name) => last[name] === past[name])) this.#all.pop();
    this.#all.push({ ...past, answer: shortened(past.answer, ANSWER_MAX) });
    this.#all.splice(0, this.#all.length - KEPT_MAX);
    this.#walked = 0;
    this.#write();
  }

  /**
   * The text one step back or forward.
   *
   * @param {-1 | 1} step
   * @param {string} text the text of the field
   * @returns {string | null} `null` at either end
   */
  walk(step, text) {
    const texts = [...new Set(this.#all.map((past) => past.text).reverse())];
    if (this.#walked > 0 && texts[this.#walked - 1] !== text) this.#walked = 0;
    if (this.#walked === 0) this.#draft = text;
    let next = this.#walked - step;
    // Each step must change the text.
    if (step === -1 && next === 1 && texts[0] === text) next = 2;
    if (next < 0 || next > texts.length) return null;
    this.#walked = next;
    return next === 0 ? this.#draft : (texts[next - 1] ?? null);
  }

  show() {
    const wanted = this.#search.value.trim().toLowerCase();
    const fits = (/** @type {Past} */ past) => `${past.text}\n${past.answer}`.toLowerCase().includes(wanted);
    const shown = this.#all.filter(fits).reverse();
    fill(this.#list, ...shown.map((past) => this.#item(past)));
    const none = byId("history-none", HTMLElement);
    none.hidden = shown.length > 0;
    none.textContent = say(this.#all.length > 0 ? "historyNothing" : "historyNone");
    byId("history-clear", HTMLButtonElement).disabled = this.#all.length === 0;
    byId("history-export", HTMLButtonElement).disabled = this.#all.length === 0;
  }

  /** @param {Past} past */
  #item(past) {
    const again = button("", () => this.use(past), { class: "past", title: say("historyUse") });
    const mode = past.mode === "python" ? null : make("span", { class: "mode" }, past.mode);
    again.append(
      make("span", { class: "asked ink" }, ...visible(shortened(past.text, 120))),
      make("span", { class: "answered" + (past.failed ? " failed" : " ink") }, ...visible(past.failed ? say("failed") : `= ${shortened(past.answer, 120)}`)),
      make(
        "span",
        { class: "quiet" },
        make("span", { class: "layer", "data-layer": past.layer }, say(past.layer === "computed" ? "workedOut" : /** @type {Word} */ (`layer_${past.layer}`))),
        ` · ${duration(past.ms)} · `,
        new Intl.DateTimeFormat(language(), { dateStyle: "short", timeStyle: "short" }).format(past.at),
      ),
    );
    if (mode) again.append(mode);
    return make("li", {}, again);
  }

  #write() {
    keep("history", JSON.stringify(this.#all));
    this.show();
  }

  #export() {
    const columns = /** @type {const} */ (["when", "expression", "mode", "answer", "failed", "layer", "milliseconds"]);
    const head = columns.map((column) => cell(say(`csv_${column}`), false));
    const rows = this.#all.map(({ at, text, mode, answer, failed, layer, ms }) => {
      const outcome = failed ? ["", answer] : [answer, ""];
      const cells = [new Date(at).toISOString(), text, mode, ...outcome, layer, String(ms)];
      return cells.map((content) => cell(content, failed));
    });
    const lines = [head, ...rows].map((cells) => `${cells.join(",")}\r\n`);
    // The byte order mark tells spreadsheets that the file is UTF-8.
    save(new Blob(["\ufeff", ...lines], { type: "text/csv;charset=utf-8" }), "tabuada.csv");
  }
}

/**
 * A cell of CSV (RFC 4180). A text that is not a valid expression may be a formula for a spreadsheet (`=…`, `@…`), so
 * it gets a prefix that makes it text. A valid expression stays as it is, `-3+2` too.
 *
 * @param {string} content
 * @param {boolean} failed
 */
function cell(content, failed) {
  const safe = failed && /^[=+\-@\t\r]/.test(content) ? `'${content}` : content;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @returns {Past[]} */
function read() {
  try {
    const all = JSON.parse(kept("history") ?? "[]");
    const isPast = (/** @type {any} */ one) => typeof one?.text === "string" && typeof one.answer === "string";
    return Array.isArray(all) ? all.filter(isPast) : [];
  } catch {
    return [];
  }
}
