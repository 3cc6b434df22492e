// Where an answer came from, in one line that opens to its path through the service, and how long it stays cached.

import { explain, state as fetchState } from "./api.js";
import { byId, fill, keep, kept, make } from "./dom.js";
import { duration } from "./numbers.js";
import { number, say } from "./words.js";

/** @import { Question, State, Trip } from "./api.js" */
/** @import { Word } from "./words.js" */

const HOPS = /** @type {const} */ (["client", "service", "memory", "redis", "compute"]);

/**
 * What happened at a hop, and the word for it: it `gave` the answer, `passed` the question on, `missed`, was `skipped`
 * (no lookup), or is `absent`.
 *
 * @typedef {{ state: "gave" | "passed" | "missed" | "skipped" | "absent", word: Word, keeps?: boolean }} Happened
 */

/** The ring's circumference, in units of its drawing. */
const AROUND = 2 * Math.PI * 15;
/** The time of a calculation, in milliseconds, from which the page says that it is running. */
const PATIENCE = 400;
/** The time between two checks whether the answer is still cached, in milliseconds. */
const CHECKED_EVERY = 2000;
/** The least time of a computation, in milliseconds, that is worth a comparison. */
const COMPARED_MIN = 1;
/** The maximum number of answers whose computations are remembered. */
const COMPUTED_MAX = 500;

export class TripView {
  #root = byId("trip", HTMLDetailsElement);
  #status = byId("cache-status", HTMLElement);
  #time = byId("trip-time", HTMLElement);
  #faster = byId("trip-faster", HTMLElement);
  #road = byId("road", HTMLOListElement);
  #times = byId("times", HTMLElement);
  #ring = byId("ring", HTMLElement);
  /** @type {State} */
  #cache = "memory";
  /** @type {{ trip: Trip, key: () => Promise<string | null> } | null} the answer that is shown */
  #shown = null;
  /** @type {{ ends: number, whole: number } | null} */
  #lifetime = null;
  /** @type {number | null} since when an answer is awaited */
  #waits = null;
  #isForgotten = false;
  #isChecking = false;

  /**
   * @param {{ isKept: (key: () => Promise<string | null>) => Promise<boolean | null> }} told `isKept`: whether the answer
   * of this key is in the cache now; `null` if this page cannot know it
   */
  constructor({ isKept }) {
    this.isKept = isKept;
    void this.#lookAtCache();
    setInterval(() => this.#turn(), 250);
    setInterval(() => void this.check(), CHECKED_EVERY);
  }

  hide() {
    this.#root.hidden = true;
    delete this.#status.dataset.layer;
    fill(this.#road);
    [this.#shown, this.#lifetime, this.#waits, this.#isForgotten] = [null, null, null, false];
  }

  /** Writes the same information in the new language. */
  translate() {
    this.#write();
  }

  /** Says, if it takes longer than a moment, that an answer is being calculated. */
  wait() {
    this.#waits = performance.now();
  }

  /**
   * Shows where an answer came from, if the cache had a part in it.
   *
   * @param {Question} question
   * @param {Trip} trip
   */
  async show(question, trip) {
    this.hide();
    const { layer, detail } = trip;
    if (layer === "bypass" ? detail !== "impure" : layer === "computed" && detail !== null) return;
    noteComputation(trip);
    const shown = { trip, key: keyOf(question) };
    this.#shown = shown;
    this.#root.hidden = false;
    this.#write();
    if ((await this.#lookAtCache()) && this.#shown === shown) this.#write();
  }

  /**
   * Shows how long the answer stays cached.
   *
   * @param {number | null} seconds `null`: it is not cached, or the time is unknown; infinite if only the size of
   * memory limits it
   * @param {number} age seconds since it was cached
   */
  lifetime(seconds, age = 0) {
    // The service gives whole seconds, of which the current one has not ended.
    const ends = performance.now() + ((seconds ?? 0) + 1) * 1000;
    this.#lifetime = seconds === null ? null : { ends, whole: seconds + age + 1 };
    this.#turn();
  }

  /** Checks whether the answer that is shown is still cached. */
  async check() {
    const shown = this.#shown;
    if (!shown || !this.#lifetime || document.hidden || this.#isChecking) return;
    this.#isChecking = true;
    try {
      const isKept = await this.isKept(shown.key);
      if (isKept === false && this.#shown === shown) this.#forget();
    } finally {
      this.#isChecking = false;
    }
  }

  #forget() {
    this.#lifetime = null;
    this.#isForgotten = true;
    this.#write();
  }

  /** @returns {Promise<boolean>} whether the state has changed */
  async #lookAtCache() {
    try {
      const before = this.#cache;
      this.#cache = await fetchState();
      return before !== this.#cache;
    } catch {
      return false;
    }
  }

  #write() {
    if (!this.#shown) return;
    const { trip } = this.#shown;
    if (this.#isForgotten) this.#head("forgotten");
    else this.#head(trip.layer, duration(trip.server ?? trip.round), speedup(trip));
    fill(this.#road, ...(this.#isForgotten ? [] : hops(trip, this.#cache)));
    fill(this.#times, ...(this.#isForgotten ? [make("p", {}, say("forgottenNext"))] : times(trip)));
    this.#turn();
  }

  /**
   * Writes the line.
   *
   * @param {Trip["layer"] | "calculating" | "forgotten"} layer
   * @param {string} time
   * @param {number | null} factor
   */
  #head(layer, time = "", factor = null) {
    this.#status.dataset.layer = layer;
    this.#status.textContent = say(/** @type {Word} */ (`layer_${layer}`));
    this.#time.textContent = time;
    this.#faster.textContent = factor === null ? "" : say("speedup", { times: number(factor, { maximumSignificantDigits: 2 }) });
  }

  #turn() {
    if (this.#waits !== null) this.#count(performance.now() - this.#waits);
    const ring = this.#ring;
    ring.hidden = this.#lifetime === null;
    if (this.#lifetime === null) return;
    const { ends, whole } = this.#lifetime;
    const left = Math.max((ends - performance.now()) / 1000, 0);
    if (left === 0) return this.#forget();
    if (!ring.firstChild) ring.append(circle(), make("span", {}));
    const run = ring.querySelector(".run");
    const isForever = left === Infinity;
    const part = isForever ? 1 : left / whole;
    if (run instanceof SVGElement) run.style.setProperty("stroke-dashoffset", String(AROUND * (1 - part)));
    const words = ring.querySelector("span");
    const sentence = isForever ? say("ringForever") : remaining(left);
    if (words && words.textContent !== sentence) words.textContent = sentence;
  }

  /**
   * Counts the time of a calculation.
   *
   * @param {number} milliseconds
   */
  #count(milliseconds) {
    if (milliseconds < PATIENCE) return;
    const since = this.#waits;
    this.hide();
    this.#waits = since;
    this.#root.hidden = false;
    const seconds = Math.floor(milliseconds / 1000);
    this.#head("calculating", seconds > 0 ? duration(seconds * 1000) : "");
    fill(this.#times);
  }
}

/**
 * The items of the road.
 *
 * @param {Trip} trip
 * @param {State} cache
 */
function hops(trip, cache) {
  const happened = road(trip, cache);
  return HOPS.map((hop, index) => {
    const { state, word, keeps } = happened[hop];
    const item = make(
      "li",
      { "data-hop": hop, "data-state": state, "data-keeps": keeps === true },
      make("span", { class: "stop", "aria-hidden": "true" }),
      make("strong", {}, say(`hop_${hop}`)),
      make("span", { class: "happened" }, say(word)),
    );
    item.style.setProperty("--hop", String(index));
    return item;
  });
}

/**
 * The times of the service and of the network, and beside them the least time that computing the answer took.
 *
 * @param {Trip} trip
 */
function times(trip) {
  const { server, round, identity } = trip;
  const whole =
    server === null
      ? say("roundOnly", { round: duration(round) })
      : say("trippedIn", { server: duration(server), round: duration(round) });
  const least = leastComputation(identity);
  const verdict = isRemembered(trip) && least === null && say("firstUnknown");
  const line = make("p", {}, whole, verdict && " ", verdict);
  if (!isRemembered(trip) || least === null || server === null) return [line];
  const most = Math.max(least, server, 0.001);
  const bars = /** @type {[Word, number][]} */ ([["calculation", least], ["now", server]]).flatMap(([word, time]) => {
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--part", String(time / most));
    return [make("dt", {}, say(word)), make("dd", {}, bar, make("span", {}, duration(time)))];
  });
  return [line, make("dl", {}, ...bars)];
}

/** @param {Trip} trip */
function isRemembered({ layer }) {
  return layer === "memory" || layer === "redis" || layer === "collapsed";
}

/**
 * How many times faster a cached answer came than the fastest computation of it that this browser saw. `null` if there
 * was none, or it took less time than can be compared.
 *
 * @param {Trip} trip
 */
function speedup(trip) {
  const least = leastComputation(trip.identity);
  if (!isRemembered(trip) || least === null || least < COMPARED_MIN || trip.server === null) return null;
  const factor = least / Math.max(trip.server, 0.001);
  return factor >= 1.1 ? factor : null;
}

/**
 * The least time of the computations of an answer that this browser saw, in milliseconds.
 *
 * @param {string | null} identity
 */
function leastComputation(identity) {
  return computations().find(([known]) => known === identity)?.[1] ?? null;
}

/** @param {Trip} trip */
function noteComputation({ layer, server, identity }) {
  if (layer !== "computed" || server === null || identity === null) return;
  const least = Math.min(leastComputation(identity) ?? Infinity, server);
  const others = computations().filter(([known]) => known !== identity);
  keep("computations", JSON.stringify([...others, [identity, least]].slice(-COMPUTED_MAX)));
}

/** @returns {[string, number][]} */
function computations() {
  try {
    const all = JSON.parse(kept("computations") ?? "[]");
    return Array.isArray(all) ? all : [];
  } catch {
    return [];
  }
}

/**
 * The key of a question's answer, which is requested once, when it is needed.
 *
 * @param {Question} question
 */
function keyOf(question) {
  /** @type {Promise<string | null> | undefined} */
  let key;
  const request = () => explain(question).then(({ explanation }) => explanation?.key ?? null, () => null);
  return () => (key ??= request());
}

/**
 * How long an answer stays cached: about the days or hours, then the minutes, then the seconds.
 *
 * @param {number} seconds
 */
function remaining(seconds) {
  const unit = (/** @type {number} */ count, /** @type {string} */ name) =>
    number(Math.floor(count), { style: "unit", unit: name, unitDisplay: "long" });
  if (seconds < 60) return say("ring", { time: unit(seconds, "second") });
  if (seconds < 3600) return say("ring", { time: unit(seconds / 60, "minute") });
  const hours = Math.round(seconds / 3600);
  return hours < 20 ? say("ringHours", { count: hours }) : say("ringDays", { count: Math.round(hours / 24) });
}

/** The ring's drawing. */
function circle() {
  const of = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(of, "svg");
  drawing.setAttribute("viewBox", "0 0 36 36");
  drawing.setAttribute("aria-hidden", "true");
  for (const name of ["rail", "run"]) {
    const round = document.createElementNS(of, "circle");
    for (const [attribute, value] of [["class", name], ["cx", "18"], ["cy", "18"], ["r", "15"]]) {
      round.setAttribute(attribute ?? "", value ?? "");
    }
    if (name === "run") round.setAttribute("stroke-dasharray", String(AROUND));
    drawing.append(round);
  }
  return drawing;
}

/**
 * The state of each hop.
 *
 * @param {Trip} trip
 * @param {State} cache
 * @returns {Record<typeof HOPS[number], Happened>}
 */
function road(trip, cache) {
  const { layer, isStored, askedRedis } = trip;
  const client = /** @type {Happened} */ ({ state: "passed", word: "hop_asked" });
  const service = /** @type {Happened} */ ({ state: "passed", word: "hop_read" });
  const skipped = /** @type {Happened} */ ({ state: "skipped", word: "hop_unasked" });
  const absent = /** @type {Happened} */ ({ state: "absent", word: "hop_absent" });
  const isAlone = cache === "memory";
  const redis = isAlone ? absent : skipped;
  if (layer === "memory") {
    return { client, service, memory: { state: "gave", word: "hop_hit" }, redis, compute: skipped };
  }
  const missed = /** @type {Happened} */ ({ state: "missed", word: isStored ? "hop_kept" : "hop_miss", keeps: isStored });
  if (layer === "redis") {
    const memory = /** @type {Happened} */ ({ state: "missed", word: "hop_kept", keeps: true });
    return { client, service, memory, redis: { state: "gave", word: "hop_hit" }, compute: skipped };
  }
  if (layer === "collapsed") {
    const waited = /** @type {Happened} */ ({ state: "gave", word: "hop_waited" });
    const memory = /** @type {Happened} */ ({ state: "missed", word: "hop_kept", keeps: true });
    return { client, service, memory, redis, compute: waited };
  }
  const done = /** @type {Happened} */ ({ state: "gave", word: "hop_done" });
  if (layer === "computed") {
    /** @type {Happened} */
    let behind = absent;
    if (cache === "detached") behind = { state: "absent", word: "hop_unreachable" };
    else if (askedRedis) behind = { state: "missed", word: isStored ? "hop_kept" : "hop_miss", keeps: isStored };
    else if (!isAlone) behind = { state: "skipped", word: "hop_cheap" };
    return { client, service, memory: missed, redis: behind, compute: done };
  }
  const memory = /** @type {Happened} */ ({ state: "skipped", word: "hop_impure" });
  return { client, service, memory, redis, compute: done };
}
