// Where an answer came from: its path through the service, the time it took, and how long it stays cached.

import { state as fetchState } from "./api.js";
import { byId, fill, make } from "./dom.js";
import { countdown, duration } from "./numbers.js";
import { number, say } from "./words.js";

/** @import { State, Trip } from "./api.js" */
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

export class TripView {
  #root = byId("trip", HTMLElement);
  #status = byId("cache-status", HTMLElement);
  #road = byId("road", HTMLOListElement);
  #times = byId("times", HTMLElement);
  #ring = byId("ring", HTMLElement);
  /** @type {State} */
  #cache = "memory";
  /** @type {{ ends: number, whole: number } | null} */
  #lifetime = null;
  /** @type {(() => void) | null} */
  #again = null;

  constructor() {
    void this.#lookAtCache();
    setInterval(() => this.#turn(), 250);
  }

  hide() {
    this.#root.hidden = true;
    this.#lifetime = null;
  }

  /** Writes the same information in the new language. */
  translate() {
    this.#again?.();
  }

  /**
   * @param {Trip} trip
   * @param {number | null} first the time of the first computation in milliseconds, if this browser saw it
   * @param {boolean} isFinal
   */
  async show(trip, first, isFinal) {
    this.#again = () => this.#write(trip, first);
    this.#write(trip, first);
    this.#root.toggleAttribute("data-preview", !isFinal);
    this.#root.hidden = false;
    if (isFinal && (await this.#lookAtCache())) this.#again();
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

  /**
   * @param {Trip} trip
   * @param {number | null} first
   */
  #write(trip, first) {
    const { layer } = trip;
    this.#status.dataset.layer = layer;
    this.#status.textContent = say(/** @type {Word} */ (`layer_${layer}`));
    const happened = road(trip, this.#cache);
    const hops = HOPS.map((hop, index) => {
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
    fill(this.#road, ...hops);
    this.#compare(trip, first);
    this.#turn();
  }

  /**
   * @param {Trip} trip
   * @param {number | null} first
   */
  #compare({ layer, server, round }, first) {
    const whole =
      server === null
        ? say("roundOnly", { round: duration(round) })
        : say("trippedIn", { server: duration(server), round: duration(round) });
    const isRemembered = layer === "memory" || layer === "redis" || layer === "collapsed";
    const bars = [];
    let verdict = "";
    if (isRemembered && first !== null && server !== null) {
      const most = Math.max(first, server, 0.001);
      for (const [word, time] of /** @type {[Word, number][]} */ ([["first", first], ["now", server]])) {
        const bar = make("span", { class: "bar", "aria-hidden": "true" });
        bar.style.setProperty("--part", String(time / most));
        bars.push(make("dt", {}, say(word)), make("dd", {}, bar, make("span", {}, duration(time))));
      }
      const times = first / Math.max(server, 0.001);
      if (times >= 1.1) verdict = say("faster", { times: number(times, { maximumSignificantDigits: 2 }) });
    } else if (isRemembered) verdict = say("firstUnknown");
    fill(
      this.#times,
      make("p", {}, whole, verdict && " ", verdict),
      bars.length > 0 && make("dl", {}, ...bars),
    );
  }

  #turn() {
    const ring = this.#ring;
    ring.hidden = this.#lifetime === null;
    if (this.#lifetime === null) return;
    const { ends, whole } = this.#lifetime;
    const left = Math.max((ends - performance.now()) / 1000, 0);
    if (!ring.firstChild) ring.append(circle(), make("span", {}));
    const run = ring.querySelector(".run");
    const isForever = left === Infinity;
    const part = isForever ? 1 : left / whole;
    if (run instanceof SVGElement) run.style.setProperty("stroke-dashoffset", String(AROUND * (1 - part)));
    const words = ring.querySelector("span");
    const counted = left > 0 ? say("ring", { time: countdown(left) }) : say("ringGone");
    const sentence = isForever ? say("ringForever") : counted;
    if (words && words.textContent !== sentence) words.textContent = sentence;
    ring.toggleAttribute("data-over", left <= 0);
  }
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
  const { layer, detail, isStored, askedRedis } = trip;
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
  if (detail === "impure") {
    const memory = /** @type {Happened} */ ({ state: "skipped", word: "hop_impure" });
    return { client, service, memory, redis, compute: done };
  }
  const refused = /** @type {Happened} */ ({ state: "gave", word: "hop_refused" });
  return { client, service: refused, memory: skipped, redis, compute: skipped };
}
