// Curves of expressions of x, which can be moved, zoomed, compared and saved.

import { isAbort, plot as fetchPlot, Unreachable } from "./api.js";
import { button, byId, fill, keep, kept, make, save } from "./dom.js";
import { shortened } from "./answer.js";
import { notation } from "./notation.js";
import { pointsTable, Readout } from "./readout.js";
import { say, sentence } from "./words.js";

/** @import { Problem } from "./api.js" */
/** @import { Shown } from "./readout.js" */

/** @typedef {[from: number, to: number]} Range */
/** @typedef {{ x: Range, y: Range }} View a part of the plane */
/** @typedef {string | number} End an end of a range: a person's text, or a number */
/**
 * @typedef {{ view: View, left: number, top: number, width: number, height: number }} Drawn a view, and its position in
 * pixels
 */

const CURVES_MAX = 6;
/** The range of x at first. */
const FROM = -10;
const TO = 10;
/** The part of the view by which a key or a button moves or zooms. */
const STEP = 0.15;
const ZOOM = 1.5;
/** The widths and heights of pictures, in pixels. */
const WIDTHS = /** @type {const} */ ([240, 1600]);
const HEIGHTS = /** @type {const} */ ([220, 520]);

export class PlotView {
  #panel = byId("plot-panel", HTMLDetailsElement);
  #root = byId("plot", HTMLElement);
  /** @type {string[]} the curves that stay when another is drawn */
  #kept = [];
  /** @type {string | null} */
  #current = null;
  /** @type {End} */
  #from = FROM;
  /** @type {End} */
  #to = TO;
  /** Whether both axes have the same scale. */
  #isEqual = false;
  /** @type {Range | null} fixed by moving or zooming; otherwise the service chooses it */
  #y = null;
  /** @type {Drawn | null} the view of the current picture */
  #drawn = null;
  /** @type {View | null} the requested view, while a person moves the picture */
  #wanted = null;
  #isDrawing = false;
  #isOutdated = false;
  /** @type {(() => void)[]} what a person did while the next picture, of a range that the service chooses, was on its way */
  #waiting = [];
  /** @type {Shown | null} */
  #shown = null;

  #figure = make("div", { class: "figure", role: "group", tabindex: "0" });
  #image = make("img", { alt: "", "data-testid": "plot-image", draggable: "false" });
  #readout = new Readout();
  #trouble = make("p", { class: "error", id: "plot-trouble", hidden: true });
  #hint = make("p", { class: "quiet", "data-testid": "zoom-hint" });
  #points = make("div", {});
  #equal = button("1:1", () => this.#setEqual(!this.#isEqual), { "data-testid": "plot-equal" });
  #fromField = make("input", { type: "text", id: "plot-from", "data-testid": "plot-from", class: "ink", autocomplete: "off" });
  #toField = make("input", { type: "text", id: "plot-to", "data-testid": "plot-to", class: "ink", autocomplete: "off" });
  #curves = make("ul", { class: "curves", "data-testid": "curves" });

  constructor() {
    this.#figure.append(this.#image, this.#readout.root);
    this.#readable();
    this.#movable();
    new ResizeObserver(() => this.#redraw()).observe(this.#figure);
    this.#panel.addEventListener("toggle", () => this.#redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    this.translate();
  }

  /** Draws again, in the page's current language and colours. */
  translate() {
    this.#frame();
    this.#redraw();
  }

  /** Creates everything around the picture. */
  #frame() {
    if (this.#all().length === 0) {
      fill(this.#root, make("p", { class: "quiet" }, say("drawNone")));
      return;
    }
    const range = make("form", { class: "tools" });
    range.append(
      make("label", { class: "choice" }, make("span", {}, say("from")), this.#fromField),
      make("label", { class: "choice" }, make("span", {}, say("to")), this.#toField),
      make("button", { type: "submit", "data-testid": "plot-range" }, say("drawRange")),
    );
    range.addEventListener("submit", (event) => {
      event.preventDefault();
      // A text that was not changed is the number that it shows.
      if (this.#fromField.value !== spelled(this.#from)) this.#from = this.#fromField.value;
      if (this.#toField.value !== spelled(this.#to)) this.#to = this.#toField.value;
      [this.#y, this.#wanted] = [null, null];
      this.#redraw();
    });
    this.#hint.textContent = say("zoomHint");
    this.#hint.hidden = kept("zoomed") !== null || matchMedia("(pointer: coarse)").matches;
    this.#equal.setAttribute("aria-label", `1:1, ${say("equalScale")}`);
    this.#equal.setAttribute("aria-pressed", String(this.#isEqual));
    const zoom = (/** @type {"x" | "y"} */ axis, /** @type {number} */ factor) =>
      button(`${axis} ${factor > 1 ? "−" : "+"}`, () => this.#zoom(factor, undefined, axis), {
        "aria-label": `${say(factor > 1 ? "zoomOut" : "zoomIn")}: ${axis}`,
        "data-testid": `zoom-${factor > 1 ? "out" : "in"}-${axis}`,
      });
    fill(
      this.#root,
      this.#figure,
      this.#hint,
      this.#trouble,
      make(
        "div",
        { class: "tools" },
        button("−", () => this.#zoom(ZOOM), { "aria-label": say("zoomOut"), "data-testid": "zoom-out" }),
        button("+", () => this.#zoom(1 / ZOOM), { "aria-label": say("zoomIn"), "data-testid": "zoom-in" }),
        button(say("reset"), () => this.#reset(), { "data-testid": "plot-reset" }),
        this.#equal,
        button(say("fitY"), () => this.#fitY(), { "data-testid": "plot-fit" }),
        zoom("x", ZOOM),
        zoom("x", 1 / ZOOM),
        zoom("y", ZOOM),
        zoom("y", 1 / ZOOM),
        button(say("keepCurve"), () => this.#keepCurve(), { "data-testid": "keep-curve" }),
        button(say("saveSvg"), () => this.#saveSvg(), { "data-testid": "save-svg" }),
        button(say("savePng"), () => void this.#savePng(), { "data-testid": "save-png" }),
      ),
      range,
      this.#curves,
      this.#points,
    );
    this.#list();
  }

  /**
   * Draws an expression of x, beside the kept curves.
   *
   * @param {string} text
   * @param {boolean} isFinal whether Enter was pressed: then the panel opens. Otherwise the curve is drawn only if the
   * panel is open
   * @returns {Promise<Problem | null>} the problem, if there is one
   * @throws {Unreachable}
   */
  async show(text, isFinal) {
    const wasOpen = this.#panel.open;
    if (!isFinal && !wasOpen) return null;
    const kept = this.#kept.filter((other) => other !== text).slice(-(CURVES_MAX - 1));
    // The picture has its room before it comes.
    if (isFinal && !this.#figure.isConnected) fill(this.#root, this.#figure);
    if (isFinal) this.#panel.open = true;
    const { picture, problem } = await fetchPlot(this.#parameters([...kept, text]), "application/json");
    if (problem) {
      this.#frame();
      this.#panel.open = wasOpen;
      return problem;
    }
    [this.#kept, this.#current] = [kept, text];
    this.#frame();
    if (picture) await this.#put(picture);
    return null;
  }

  /**
   * The view and the kept curves, for an address: what differs from the default.
   *
   * @returns {[string, string][]}
   */
  parameters() {
    /** @type {[string, string][]} */
    const parameters = this.#kept.map((text) => ["curves", text]);
    if (this.#from !== FROM || this.#to !== TO) parameters.push(["from", spelled(this.#from)], ["to", spelled(this.#to)]);
    if (this.#y) parameters.push(["y_from", spelled(this.#y[0])], ["y_to", spelled(this.#y[1])]);
    if (this.#isEqual) parameters.push(["aspect", "equal"]);
    return parameters;
  }

  /**
   * Takes the view and the kept curves of an address.
   *
   * @param {URLSearchParams} link
   */
  restore(link) {
    this.#kept = link.getAll("curves").slice(0, CURVES_MAX - 1);
    [this.#from, this.#to, this.#wanted] = [link.get("from") ?? FROM, link.get("to") ?? TO, null];
    const [low, high] = [link.get("y_from"), link.get("y_to")].map((end) => Number((end ?? "NaN").replace(",", ".")));
    this.#y = low !== undefined && high !== undefined && low < high ? [low, high] : null;
    this.#isEqual = link.get("aspect") === "equal";
  }

  #all() {
    return this.#current === null ? this.#kept : [...this.#kept, this.#current];
  }

  /**
   * @param {string[]} curves
   * @returns {[string, string][]}
   */
  #parameters(curves) {
    const width = Math.round(Math.min(Math.max(this.#figure.clientWidth || 720, WIDTHS[0]), WIDTHS[1]));
    const height = Math.round(Math.min(Math.max(width * 0.6, HEIGHTS[0]), HEIGHTS[1]));
    const parameters = curves.map((text) => /** @type {[string, string]} */ (["expr", text]));
    const x = this.#wanted ? this.#wanted.x : [this.#from, this.#to];
    const y = this.#wanted ? this.#wanted.y : this.#y;
    parameters.push(["from", spelled(x[0] ?? "")], ["to", spelled(x[1] ?? "")]);
    if (y) parameters.push(["y_from", spelled(y[0])], ["y_to", spelled(y[1])]);
    if (this.#isEqual) parameters.push(["aspect", "equal"]);
    parameters.push(["width", String(width)], ["height", String(height)]);
    return parameters;
  }

  /** Requests the picture again. If a request is in progress, it waits for it and then requests once more. */
  #redraw() {
    if (!this.#panel.open || this.#all().length === 0 || !this.#figure.isConnected) return;
    if (this.#isDrawing) {
      this.#isOutdated = true;
      return;
    }
    void this.#draw();
  }

  async #draw() {
    this.#isDrawing = true;
    do {
      this.#isOutdated = false;
      try {
        const { picture, problem } = await fetchPlot(this.#parameters(this.#all()), "application/json");
        this.#tell(problem);
        if (picture) await this.#put(picture);
        else if (this.#wanted) this.#settle(this.#drawn?.view ?? null);
      } catch (error) {
        if (isAbort(error)) continue;
        this.#trouble.hidden = false;
        this.#trouble.textContent = say(error instanceof Unreachable ? error.word : "broken");
      }
    } while (this.#isOutdated);
    this.#isDrawing = false;
    for (const act of this.#waiting.splice(0)) act();
  }

  /**
   * Whether the range is that of a picture that is on its way. Then `act` is done when it has come.
   *
   * @param {() => void} act
   */
  #isAwaited(act) {
    const isUnknown = this.#isDrawing && this.#wanted === null;
    if (isUnknown) this.#waiting.push(act);
    return isUnknown;
  }

  /**
   * Shows a problem, with the fields of the range as they are labelled.
   *
   * @param {Problem | null} problem
   */
  #tell(problem) {
    const detail = problem?.detail ?? "";
    // The service names its parameters. Both are named if they are in the wrong order.
    const wrong = problem?.code === "malformed" ? ["from", "to"].filter((name) => new RegExp(`\\b${name}\\b`).test(detail)) : [];
    const isOfRange = wrong.length === 2 || (wrong.length === 1 && /^(from|to)\b/.test(detail));
    const label = wrong[0] === "to" ? "to" : "from";
    const said = wrong.length === 2 ? say("rangeEmpty") : say("rangeWrong", { name: say(label) });
    this.#trouble.hidden = problem === null;
    this.#trouble.textContent = isOfRange ? said : sentence(detail);
    for (const [name, field] of /** @type {const} */ ([["from", this.#fromField], ["to", this.#toField]])) {
      const isWrong = isOfRange && wrong.includes(name);
      field.setAttribute("aria-invalid", String(isWrong));
      if (isWrong) field.setAttribute("aria-describedby", this.#trouble.id);
      else field.removeAttribute("aria-describedby");
    }
  }

  /** @param {Blob} picture */
  async #put(picture) {
    const shown = /** @type {Shown} */ (JSON.parse(await picture.text()));
    const text = shown.svg;
    this.#shown = shown;
    // The person's texts, without the definitions that are sent in front of them.
    const texts = this.#all();
    if (texts.length === shown.curves.length) shown.curves.forEach((curve, at) => (curve.name = texts[at] ?? curve.name));
    // The page may use other colours than the system, which the picture would follow.
    const scheme = document.documentElement.style.colorScheme;
    const isDark = scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    this.#image.toggleAttribute("data-dark", isDark);
    const dressed = text.replace("(prefers-color-scheme:dark)", isDark ? "all" : "not all");
    const address = URL.createObjectURL(new Blob([dressed], { type: "image/svg+xml" }));
    const before = this.#image.src;
    this.#image.src = address;
    // The service's pictures can always be decoded.
    await this.#image.decode().catch(() => {});
    if (before) URL.revokeObjectURL(before);
    this.#drawn = { view: { x: shown.x, y: shown.y }, ...shown.frame };
    this.#image.alt = `${shown.title}. ${shown.description}`;
    this.#figure.setAttribute("aria-label", say("graph", { names: this.#all().join(", ") }));
    this.#readout.show(shown);
    fill(this.#points, pointsTable(shown));
    this.#bridge();
    if (!this.#wanted && document.activeElement !== this.#fromField && document.activeElement !== this.#toField) this.#fields();
  }

  /** Moves and scales the current picture to the requested view, until the next picture arrives. */
  #bridge() {
    const [drawn, wanted] = [this.#drawn, this.#wanted];
    if (!drawn || !wanted) {
      this.#image.style.transform = "";
      return;
    }
    const scaleX = (drawn.view.x[1] - drawn.view.x[0]) / (wanted.x[1] - wanted.x[0]);
    const scaleY = (drawn.view.y[1] - drawn.view.y[0]) / (wanted.y[1] - wanted.y[0]);
    const movedX = ((drawn.view.x[0] - wanted.x[0]) / (wanted.x[1] - wanted.x[0])) * drawn.width;
    const movedY = ((wanted.y[1] - drawn.view.y[1]) / (wanted.y[1] - wanted.y[0])) * drawn.height;
    const [left, top] = [drawn.left, drawn.top];
    this.#image.style.transformOrigin = `${left}px ${top}px`;
    this.#image.style.transform = `translate(${movedX}px, ${movedY}px) scale(${scaleX}, ${scaleY})`;
  }

  /**
   * Shows another view.
   *
   * @param {View} view
   */
  #look(view) {
    this.#settle(view);
    this.#fields();
    this.#readout.hide();
    this.#redraw();
  }

  /**
   * Returns to a view that can be drawn.
   *
   * @param {View | null} view
   */
  #settle(view) {
    this.#wanted = view;
    if (view) [this.#from, this.#to, this.#y] = [rounded(view.x[0], view.x), rounded(view.x[1], view.x), view.y];
    this.#bridge();
  }

  #now() {
    return this.#wanted ?? this.#drawn?.view ?? null;
  }

  /**
   * @param {number} across to the right, as a part of the view
   * @param {number} up
   */
  #move(across, up) {
    if (this.#isAwaited(() => this.#move(across, up))) return;
    const view = this.#now();
    if (!view) return;
    const by = (/** @type {Range} */ range, /** @type {number} */ part) => {
      const moved = part * (range[1] - range[0]);
      return /** @type {Range} */ ([range[0] + moved, range[1] + moved]);
    };
    this.#look({ x: by(view.x, across), y: by(view.y, up) });
  }

  /**
   * @param {number} factor below 1: zooms in
   * @param {[across: number, down: number]} [at] the fixed point, in parts of the picture
   * @param {"x" | "y" | null} [axis] the only axis to zoom
   */
  #zoom(factor, at = [0.5, 0.5], axis = null) {
    if (this.#isAwaited(() => this.#zoom(factor, at, axis))) return;
    const view = this.#now();
    if (!view) return;
    const by = (/** @type {Range} */ [from, to], /** @type {number} */ part) => {
      const still = from + part * (to - from);
      return /** @type {Range} */ ([still + (from - still) * factor, still + (to - still) * factor]);
    };
    if (axis !== null) this.#isEqual = false;
    this.#equal.setAttribute("aria-pressed", String(this.#isEqual));
    this.#look({ x: axis === "y" ? view.x : by(view.x, at[0]), y: axis === "x" ? view.y : by(view.y, 1 - at[1]) });
  }

  #reset() {
    [this.#wanted, this.#y, this.#from, this.#to, this.#isEqual] = [null, null, FROM, TO, false];
    this.#equal.setAttribute("aria-pressed", "false");
    this.#fields();
    this.#redraw();
  }

  /** Writes the range into its fields. */
  #fields() {
    [this.#fromField.value, this.#toField.value] = [spelled(this.#from), spelled(this.#to)];
  }

  /** @param {boolean} isEqual */
  #setEqual(isEqual) {
    // The range of y follows from that of x.
    [this.#isEqual, this.#y, this.#wanted] = [isEqual, null, null];
    this.#equal.setAttribute("aria-pressed", String(isEqual));
    this.#redraw();
  }

  /** Shows every bounded curve whole. */
  #fitY() {
    if (this.#isAwaited(() => this.#fitY())) return;
    const view = this.#now();
    if (!view || !this.#shown) return;
    this.#isEqual = false;
    this.#equal.setAttribute("aria-pressed", "false");
    this.#look({ x: view.x, y: this.#shown.y_whole });
  }

  #saveSvg() {
    if (this.#shown) save(new Blob([this.#shown.svg], { type: "image/svg+xml" }), "tabuada.svg");
  }

  #movable() {
    const figure = this.#figure;
    /** @type {Map<number, { x: number, y: number }>} */
    const held = new Map();
    figure.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held.set(event.pointerId, { x: event.clientX, y: event.clientY });
      figure.setPointerCapture(event.pointerId);
    });
    figure.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      const drawn = this.#drawn;
      if (!before || !drawn) return;
      const now = { x: event.clientX, y: event.clientY };
      const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
      held.set(event.pointerId, now);
      if (other) {
        const apart = (/** @type {{ x: number, y: number }} */ one) => Math.hypot(one.x - other.x, one.y - other.y);
        const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
        if (apart(now) > 10) this.#zoom(apart(before) / apart(now), this.#part(middle));
      } else this.#move((before.x - now.x) / drawn.width, (now.y - before.y) / drawn.height);
    });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      figure.addEventListener(name, (event) => held.delete(event.pointerId));
    }
    figure.addEventListener(
      "wheel",
      (event) => {
        // Without the focus, the wheel scrolls the page.
        if (!event.ctrlKey && document.activeElement !== figure) return;
        event.preventDefault();
        const at = { x: event.clientX, y: event.clientY };
        this.#zoom(Math.exp(Math.sign(event.deltaY) * 0.2), this.#part(at), this.#axisAt(at));
      },
      { passive: false },
    );
    figure.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      /** @type {Record<string, () => void>} */
      const keys = {
        ArrowLeft: () => (event.shiftKey ? this.#move(-STEP, 0) : this.#readout.walk(-1, 0)),
        ArrowRight: () => (event.shiftKey ? this.#move(STEP, 0) : this.#readout.walk(1, 0)),
        ArrowUp: () => (event.shiftKey ? this.#move(0, STEP) : this.#readout.walk(0, -1)),
        ArrowDown: () => (event.shiftKey ? this.#move(0, -STEP) : this.#readout.walk(0, 1)),
        Escape: () => this.#readout.hide(),
        "+": () => this.#zoom(1 / ZOOM),
        "=": () => this.#zoom(1 / ZOOM),
        "-": () => this.#zoom(ZOOM),
        0: () => this.#reset(),
      };
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  /** Reads the curves out under a pointer that rests on the picture or touches it shortly. */
  #readable() {
    const figure = this.#figure;
    /** @type {{ x: number, y: number } | null} */
    let pressed = null;
    const point = (/** @type {PointerEvent} */ event) => {
      const box = figure.getBoundingClientRect();
      // The picture may be scaled.
      const scale = box.width / (figure.offsetWidth || 1);
      this.#readout.point((event.clientX - box.left) / scale, (event.clientY - box.top) / scale);
    };
    const isStill = (/** @type {PointerEvent} */ event) =>
      pressed !== null && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 6;
    figure.addEventListener("pointerdown", (event) => {
      pressed = { x: event.clientX, y: event.clientY };
    });
    figure.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch" && event.buttons === 0) point(event);
    });
    figure.addEventListener("pointerup", (event) => {
      if (isStill(event)) point(event);
      pressed = null;
    });
    figure.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") this.#readout.hide();
    });
    figure.addEventListener("focus", () => {
      keep("zoomed", "yes");
      this.#hint.hidden = true;
    });
  }

  /**
   * The axis whose numbers are at a point of the window; `null` for the curves.
   *
   * @param {{ x: number, y: number }} point
   */
  #axisAt({ x, y }) {
    const box = this.#figure.getBoundingClientRect();
    if (!this.#drawn) return null;
    if (x - box.left < this.#drawn.left) return "y";
    return y - box.top > this.#drawn.top + this.#drawn.height ? "x" : null;
  }

  /**
   * The position of a point of the window, in parts of the curves' area.
   *
   * @param {{ x: number, y: number }} point
   * @returns {[number, number]}
   */
  #part({ x, y }) {
    const box = this.#figure.getBoundingClientRect();
    const { left, top, width, height } = this.#drawn ?? { left: 0, top: 0, width: box.width, height: box.height };
    const clamped = (/** @type {number} */ part) => Math.min(Math.max(part, 0), 1);
    return [clamped((x - box.left - left) / width), clamped((y - box.top - top) / height)];
  }

  #keepCurve() {
    if (this.#current === null) return;
    if (this.#kept.length >= CURVES_MAX - 1) {
      this.#trouble.hidden = false;
      this.#trouble.textContent = say("tooMany");
      return;
    }
    this.#kept.push(this.#current);
    this.#current = null;
    this.#list();
  }

  /** Lists the kept curves, each with a button that removes it. */
  #list() {
    const items = this.#kept.map((text, index) => {
      const drop = button("×", () => this.#drop(text), { "aria-label": say("dropCurve", { expr: text }) });
      return make("li", { class: `curve-${index}` }, make("span", { class: "ink" }, shortened(text)), drop);
    });
    fill(this.#curves, ...items);
    this.#curves.setAttribute("aria-label", say("curves"));
    this.#curves.hidden = items.length === 0;
  }

  /** @param {string} text */
  #drop(text) {
    this.#kept = this.#kept.filter((other) => other !== text);
    this.translate();
    if (this.#all().length > 0) this.#figure.focus();
  }

  async #savePng() {
    const { picture } = await fetchPlot(this.#parameters(this.#all()), "image/png");
    if (picture) save(picture, "tabuada.png");
  }
}

/**
 * An end of a range, rounded to the digits that are visible.
 *
 * @param {number} end
 * @param {Range} range
 */
function rounded(end, [from, to]) {
  const places = 3 - Math.floor(Math.log10(to - from));
  return places >= 0 && places <= 100 ? Number(end.toFixed(places)) : end;
}

/**
 * An end of a range as a person of this notation would write it: a text as it is, a number without an exponent where a
 * school would not write one.
 *
 * @param {End} end
 */
function spelled(end) {
  if (typeof end === "string") return end;
  const { notation: written, decimal } = notation();
  if (written === "python") return String(end);
  const text = String(end).replace(/e\+?(-?\d+)$/, "*10^($1)");
  return decimal === "comma" ? text.replace(".", ",") : text;
}
