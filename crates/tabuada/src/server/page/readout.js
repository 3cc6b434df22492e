// Reads the curves of a picture out: a crosshair with the values at a point, and a table of the special points.

import { fill, make } from "./dom.js";
import { notation } from "./notation.js";
import { say } from "./words.js";

/** @import { Word } from "./words.js" */

/** @typedef {{ x: number, y: number }} Point */
/** @typedef {{ name: string, zeros: Point[], maxima: Point[], minima: Point[], values: (number | null)[] }} Curve */
/**
 * @typedef {object} Shown what the service says of a picture
 * @property {string} title
 * @property {string} description
 * @property {[number, number]} x
 * @property {[number, number]} y
 * @property {[number, number]} y_whole
 * @property {{ left: number, top: number, width: number, height: number }} frame
 * @property {Curve[]} curves
 * @property {({ curves: [number, number] } & Point)[]} intersections
 * @property {boolean} points_cut
 * @property {number[]} at
 * @property {string} svg
 */
/** @typedef {Point & { curve: number, kind: Word | null }} Place a point of a curve, and what is special about it */

/** The crosshair moves to a special point within so many pixels. */
const NEAR = 12;
/** The part of the picture by which a key moves the crosshair. */
const STEP = 1 / 100;
/** The digits of a number beyond those that all numbers of the axis share. */
const DIGITS = 5;

export class Readout {
  /** @type {Shown | null} */
  #shown = null;
  /** @type {Place | null} */
  #place = null;
  #upright = make("i", { class: "upright" });
  #level = make("i", { class: "level" });
  #text = make("output", { class: "ink", "data-testid": "readout" });
  /** Over the picture. */
  root = make("div", { class: "readout", hidden: true }, this.#upright, this.#level, this.#text);

  /** @param {Shown | null} shown */
  show(shown) {
    this.#shown = shown;
    this.hide();
  }

  hide() {
    this.#place = null;
    this.root.hidden = true;
  }

  /**
   * Reads the curves out near a point of the picture, which moves often and is not spoken.
   *
   * @param {number} across in pixels from the left of the picture
   * @param {number} down
   */
  point(across, down) {
    const shown = this.#shown;
    if (!shown) return;
    const { left, top, width, height } = shown.frame;
    if (across < left || across > left + width || down < top || down > top + height) {
      this.hide();
      return;
    }
    const away = (/** @type {Place} */ place) => {
      const pixels = this.#pixels(place);
      return Math.hypot(pixels.x - across, pixels.y - down);
    };
    const special = nearest(places(shown), away);
    const x = shown.x[0] + ((across - left) / width) * (shown.x[1] - shown.x[0]);
    const found = special && away(special) <= NEAR ? special : nearest(this.#at(column(shown, x)), away);
    this.#put(found, false);
  }

  /**
   * Moves the crosshair along its curve, or to another curve. It begins in the middle and stops at special points.
   *
   * @param {number} across steps to the right
   * @param {number} curves
   */
  walk(across, curves) {
    const shown = this.#shown;
    if (!shown) return;
    const [from, to] = shown.x;
    const before = this.#place ?? { x: (from + to) / 2, curve: 0 };
    const isMoved = this.#place !== null;
    const curve = isMoved ? (before.curve + curves + shown.curves.length) % shown.curves.length : 0;
    const step = STEP * (to - from);
    const x = isMoved ? Math.min(Math.max(before.x + across * step, from), to) : before.x;
    const passed = places(shown).filter((place) => {
      if (place.curve !== curve) return false;
      if (!isMoved) return Math.abs(place.x - x) <= step / 2;
      return (place.x - before.x) * across > 0 && (x - place.x) * across >= 0;
    });
    const special = nearest(passed, (place) => Math.abs(place.x - before.x));
    const value = special ?? this.#at(column(shown, x)).find((place) => place.curve === curve);
    // A gap of the curve is spoken, too.
    this.#put(value ?? { x: shown.at[column(shown, x)] ?? x, y: NaN, curve, kind: null }, true);
  }

  /**
   * The points of the curves in a column.
   *
   * @param {number} column
   * @returns {Place[]}
   */
  #at(column) {
    const { at = [], curves = [] } = this.#shown ?? {};
    return curves.flatMap(({ values }, curve) => {
      const [x, y] = [at[column], values[column]];
      return typeof x === "number" && typeof y === "number" ? [{ x, y, curve, kind: null }] : [];
    });
  }

  /** @param {Point} place */
  #pixels({ x, y }) {
    const { frame, x: [from, to], y: [low, high] } = /** @type {Shown} */ (this.#shown);
    return {
      x: frame.left + ((x - from) / (to - from)) * frame.width,
      y: frame.top + ((high - y) / (high - low)) * frame.height,
    };
  }

  /**
   * @param {Place | null} place
   * @param {boolean} isSpoken
   */
  #put(place, isSpoken) {
    const shown = this.#shown;
    this.#place = place;
    this.root.hidden = place === null;
    if (!place || !shown) return;
    const { x, y } = this.#pixels(place);
    const { left, top, width, height } = shown.frame;
    const isSeen = y >= top && y <= top + height;
    this.#upright.style.cssText = `left: ${x}px; top: ${top}px; height: ${height}px`;
    this.#level.style.cssText = `left: ${left}px; top: ${y}px; width: ${width}px`;
    this.#level.hidden = !isSeen;
    this.#text.setAttribute("aria-live", isSpoken ? "polite" : "off");
    const curve = shown.curves.length > 1 ? shown.curves[place.curve]?.name : null;
    const value = Number.isNaN(place.y) ? say("readoutNone") : `y = ${read(place.y, shown.y)}`;
    const parts = [curve, `x = ${read(place.x, shown.x)}`, value, place.kind && say(place.kind)];
    this.#text.textContent = parts.filter((part) => part).join(" · ");
    const [isRight, isLow] = [x > left + width / 2, isSeen && y > top + height / 2];
    const [aside, above] = [isRight ? "calc(-100% - 8px)" : "8px", isLow ? "calc(-100% - 8px)" : "8px"];
    this.#text.style.cssText = `left: ${x}px; top: ${isSeen ? y : top}px; transform: translate(${aside}, ${above})`;
  }
}

/**
 * The index of the value nearest to an x.
 *
 * @param {Shown} shown
 * @param {number} x
 */
function column(shown, x) {
  const [from, to] = shown.x;
  const last = shown.at.length - 1;
  let best = Math.round(((x - from) / (to - from)) * last);
  best = Math.min(Math.max(best, 0), last);
  const away = (/** @type {number} */ at) => Math.abs((shown.at[at] ?? Infinity) - x);
  while (away(best + 1) < away(best)) best += 1;
  while (away(best - 1) < away(best)) best -= 1;
  return best;
}

/**
 * The special points of a picture.
 *
 * @param {Shown} shown
 * @returns {Place[]}
 */
function places(shown) {
  const kinds = /** @type {const} */ (["zeros", "maxima", "minima"]);
  const own = shown.curves.flatMap((found, curve) =>
    kinds.flatMap((kind) => found[kind].map(({ x, y }) => ({ x, y, curve, kind: /** @type {Word} */ (`point_${kind}`) }))),
  );
  const common = shown.intersections.map(({ curves: [curve], x, y }) => ({ x, y, curve, kind: /** @type {Word} */ ("point_intersections") }));
  return [...own, ...common];
}

/**
 * @template T
 * @param {T[]} things
 * @param {(thing: T) => number} away
 * @returns {T | null}
 */
function nearest(things, away) {
  return things.reduce((/** @type {T | null} */ best, thing) => (best === null || away(thing) < away(best) ? thing : best), null);
}

/**
 * A number with the digits that tell it from its neighbours on an axis, with the person's decimal sign.
 *
 * @param {number} value
 * @param {[number, number]} axis
 */
function read(value, [from, to]) {
  const size = Math.max(Math.abs(value), Math.abs(to - from) * 1e-3);
  const digits = DIGITS + Math.max(Math.ceil(Math.log10(size / (to - from))), 0);
  const isPlain = value === 0 || (Math.abs(value) < 1e15 && Math.abs(value) >= 1e-6);
  const shown = Math.abs(value) < (to - from) * 1e-12 ? 0 : value;
  const text = new Intl.NumberFormat("en", {
    maximumSignificantDigits: Math.min(digits + 1, 17),
    notation: isPlain || shown === 0 ? "standard" : "scientific",
    useGrouping: false,
  }).format(shown);
  return text.replace("-", "−").replace(".", notation().decimal === "comma" ? "," : ".");
}

/**
 * A table of the special points: a row for each curve, and one for the intersections.
 *
 * @param {Shown} shown
 * @returns {HTMLElement | null} `null` if there are none
 */
export function pointsTable(shown) {
  const kinds = /** @type {const} */ (["zeros", "maxima", "minima"]);
  const place = (/** @type {Point} */ { x, y }) => `(${read(x, shown.x)}; ${read(y, shown.y)})`;
  const list = (/** @type {string[]} */ texts) => make("td", {}, texts.length > 0 ? texts.join("; ") : "–");
  if (places(shown).length === 0) return null;
  const rows = shown.curves.map((curve) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", class: "ink" }, curve.name),
      ...kinds.map((kind) => list(curve[kind].map((point) => (kind === "zeros" ? read(point.x, shown.x) : place(point))))),
    ),
  );
  const heads = [say("point_curve"), ...kinds.map((kind) => say(`points_${kind}`))];
  const table = make("table", { class: "points" });
  fill(
    table,
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows),
  );
  const meetings = shown.intersections.map((meeting) => {
    const names = meeting.curves.map((curve) => shown.curves[curve]?.name ?? "");
    return shown.curves.length > 2 ? `${place(meeting)} ${names.join(", ")}` : place(meeting);
  });
  return make(
    "div",
    { class: "points", role: "region", tabindex: "0", "aria-label": say("points"), "data-testid": "plot-points" },
    table,
    meetings.length > 0 && make("p", {}, `${say("points_intersections")}: ${meetings.join("; ")}`),
    shown.points_cut && make("p", { class: "quiet" }, say("pointsCut")),
  );
}
