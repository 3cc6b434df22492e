// The operator's view of the cache: live entries, each with its remaining time and a button that removes it.

import { isAbort, operate, Unreachable } from "./api.js";
import { shortened } from "./answer.js";
import { confirmed } from "./dialog.js";
import { button, byId, fill, keep, kept, make, storage, visible } from "./dom.js";
import { countdown, size } from "./numbers.js";
import { number, say } from "./words.js";

/** @import { Entry, Page, Statistics } from "./api.js" */
/** @import { Word } from "./words.js" */

/** The time between two updates of an open panel, in milliseconds. */
const EVERY = 2000;
/** The number of entries shown at first, and added with each request for more. */
const SHOWN = 50;
const LIMIT_MAX = 1000;

export class RememberedView {
  #panel = byId("remembered-panel", HTMLDetailsElement);
  #root = byId("remembered", HTMLElement);
  #limit = SHOWN;
  /** Stored for this visit only. */
  #token = kept("token", storage("sessionStorage"));
  #isLooking = false;
  /** Whether the service does not tell this page what is cached: without a token, only on its own machine. */
  #isRefused = this.#token === null && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname);
  /** @type {{ page: Page, statistics: Statistics, at: number } | null} the last response */
  #seen = null;

  #summary = make("div", { class: "summary" });
  #body = make("tbody");
  #table = make("table", { class: "entries", "data-testid": "entries" });
  #more = make("div", { class: "tools" });
  #said = make("p", { class: "said", role: "status" });

  /** @param {{ forgotten: () => void }} told `forgotten`: entries were removed */
  constructor({ forgotten }) {
    this.forgotten = forgotten;
    this.#panel.addEventListener("toggle", () => void this.look());
    document.addEventListener("visibilitychange", () => void this.look());
    setInterval(() => void this.look(), EVERY);
    setInterval(() => this.#count(), 500);
  }

  /** Writes everything again in the new language. */
  translate() {
    fill(this.#root);
    void this.look();
  }

  /** Updates the panel, if it is visible. */
  async look() {
    if (!this.#panel.open || document.hidden || this.#isLooking || this.#root.dataset.state === "locked") return;
    this.#isLooking = true;
    try {
      const token = this.#token;
      const statistics = await operate("", { token });
      if (statistics.status === 200) {
        const page = await operate(`/keys?limit=${this.#limit}`, { token });
        if (page.status === 200) this.#write(page.body, statistics.body);
      } else if (statistics.status === 404) this.#only(say("elsewhere"));
      else this.#lock(token !== null);
    } catch (error) {
      if (!isAbort(error)) this.#only(say(error instanceof Unreachable ? error.word : "broken"));
    } finally {
      this.#isLooking = false;
    }
  }

  /**
   * Whether an answer is cached now.
   *
   * @param {() => Promise<string | null>} key
   * @returns {Promise<boolean | null>} `null` if this page cannot know it
   */
  async isKept(key) {
    if (this.#isRefused) return null;
    const name = await key();
    if (name === null) return null;
    try {
      const { status, body } = await operate(`/entry?${new URLSearchParams({ key: name })}`, { token: this.#token });
      if (status === 200) return true;
      if (body.code === "not-remembered") return false;
      this.#isRefused = true;
      return null;
    } catch {
      return null;
    }
  }

  /** @param {string} sentence */
  #only(sentence) {
    this.#seen = null;
    fill(this.#root, make("p", { class: "quiet" }, sentence));
  }

  /**
   * Shows the form for the token.
   *
   * @param {boolean} isWrong whether a token was refused
   */
  #lock(isWrong) {
    this.#seen = null;
    this.#root.dataset.state = "locked";
    const field = make("input", { type: "password", id: "token", "data-testid": "token", autocomplete: "off", required: true });
    const form = make(
      "form",
      { class: "lock" },
      make("p", {}, say("locked")),
      make("label", { for: "token" }, say("token")),
      make("div", { class: "tools" }, field, make("button", { type: "submit" }, say("unlock"))),
      isWrong && make("p", { class: "error", role: "alert" }, say("wrongToken")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#token = field.value;
      keep("token", this.#token, storage("sessionStorage"));
      this.#root.dataset.state = "";
      this.#isRefused = false;
      void this.look();
    });
    fill(this.#root, form);
  }

  /**
   * @param {Page} page
   * @param {Statistics} statistics
   */
  #write(page, statistics) {
    this.#seen = { page, statistics, at: performance.now() };
    this.#root.dataset.state = "open";
    if (!this.#table.isConnected) this.#frame();
    const { answers, asked, fuel_saved, memory, state } = statistics;
    const spared = (answers.memory ?? 0) + (answers.redis ?? 0) + (answers.collapsed ?? 0);
    const percent = number(asked > 0 ? spared / asked : 0, { style: "percent", maximumFractionDigits: 0 });
    fill(
      this.#summary,
      make("p", { "data-testid": "state", "data-state": state }, say(/** @type {Word} */ (`state_${state}`))),
      make("p", {}, say("ratio", { percent, count: asked })),
      make("p", { "data-testid": "saved" }, say("saved", { count: fuel_saved })),
      make("p", {}, say("room", { used: size(memory.bytes), all: size(memory.bytes_max) })),
    );
    this.#rows(page.entries);
    fill(
      this.#more,
      page.next !== null &&
        this.#limit < LIMIT_MAX &&
        button(say("rememberedMore"), () => {
          this.#limit = Math.min(this.#limit * 4, LIMIT_MAX);
          void this.look();
        }),
      button(say("clearAll"), () => void this.#clear(), { class: "danger", "data-testid": "clear-cache", disabled: page.entries.length === 0 }),
    );
    this.#count();
  }

  #frame() {
    const head = /** @type {Word[]} */ (["columnText", "columnWhere", "columnFor"]).map((word) => make("th", { scope: "col" }, say(word)));
    const last = make("th", { scope: "col" }, make("span", { class: "unseen" }, say("columnForget")));
    fill(this.#table, make("thead", {}, make("tr", {}, ...head, last)), this.#body);
    fill(this.#root, this.#summary, make("div", { class: "scroll" }, this.#table), this.#said, this.#more);
  }

  /**
   * Updates the rows. Rows that stay keep their elements and the focus.
   *
   * @param {Entry[]} entries
   */
  #rows(entries) {
    const rows = new Map([...this.#body.rows].map((row) => [row.dataset.name, row]));
    const next = entries.map((entry) => {
      const row = rows.get(entry.name) ?? this.#row(entry);
      rows.delete(entry.name);
      row.dataset.ttl = entry.ttl === null ? "" : String(entry.ttl);
      const where = entry.kind === "lease" ? say("lease") : entry.layers.map((layer) => say(layer === "redis" ? "inRedis" : "inMemory")).join(", ");
      const cell = row.cells[1];
      if (cell && cell.textContent !== where) cell.textContent = where;
      return row;
    });
    rows.forEach((row) => row.remove());
    next.forEach((row, index) => {
      if (this.#body.rows[index] !== row) this.#body.insertBefore(row, this.#body.rows[index] ?? null);
    });
    if (next.length === 0) fill(this.#body, make("tr", {}, make("td", { colspan: "4", class: "quiet" }, say("rememberedNone"))));
  }

  /** @param {Entry} entry */
  #row(entry) {
    const text = shortened(entry.text ?? entry.name, 80);
    const mode = entry.name.match(/^[^:]*:\d+@([^:]+):/)?.[1];
    const forget = button("×", () => void this.#forget(entry.name, text), {
      class: "forget",
      "aria-label": say("forgetOne", { text }),
      title: say("forget"),
    });
    return make(
      "tr",
      { "data-name": entry.name },
      make("th", { scope: "row", class: "ink", title: entry.name }, ...visible(text), mode && make("span", { class: "mode" }, mode)),
      make("td", {}),
      make("td", { class: "ttl" }),
      make("td", {}, forget),
    );
  }

  /** Counts the remaining times down between two updates. */
  #count() {
    if (!this.#seen || !this.#panel.open) return;
    const since = (performance.now() - this.#seen.at) / 1000;
    for (const row of this.#body.rows) {
      const cell = row.cells[2];
      if (!cell || row.dataset.ttl === undefined) continue;
      const left = row.dataset.ttl === "" ? say("forever") : countdown(Math.max(Number(row.dataset.ttl) - since, 0));
      if (cell.textContent !== left) cell.textContent = left;
    }
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  async #forget(name, text) {
    await this.#remove(`/entry?${new URLSearchParams({ key: name })}`, () => say("forgot", { text }));
  }

  async #clear() {
    if (!(await confirmed(say("clearSure"), say("clearAll")))) return;
    await this.#remove("", (count) => say("cleared", { count }));
  }

  /**
   * @param {string} path
   * @param {(count: number) => string} sentence
   */
  async #remove(path, sentence) {
    try {
      const { status, body } = await operate(path, { method: "DELETE", token: this.#token });
      const isDone = status === 200 || status === 202;
      const said = isDone ? sentence(body.removed) : say("notForgotten", { detail: body.detail ?? "" });
      this.#said.textContent = body.pending ? `${said} ${say("later")}` : said;
      if (isDone) this.forgotten();
    } catch (error) {
      this.#said.textContent = say(error instanceof Unreachable ? error.word : "broken");
    }
    await this.look();
    if (!this.#body.contains(document.activeElement)) byId("remembered-panel", HTMLElement).querySelector("summary")?.focus();
  }
}
