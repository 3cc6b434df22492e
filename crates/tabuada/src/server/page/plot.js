// Curves of expressions of x, which can be moved, zoomed, compared and saved.

import { isAbort, plot as fetchPlot, Unreachable } from "./api.js";
import { button, byId, fill, make, save } from "./dom.js";
import { shortened } from "./answer.js";
import { say } from "./words.js";

/** @import { Problem } from "./api.js" */

/** @typedef {[from: number, to: number]} Range */
/** @typedef {{ x: Range, y: Range }} View a part of the plane */
/**
 * @typedef {{ view: View, left: number, top: number, width: number, height: number }} Drawn a view, and its position in
 * pixels
 */

const CURVES_MAX = 6;
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
  /** The ends of x, as expressions. */
  #from = "-10";
  #to = "10";
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
  /** @type {Blob | null} */
  #svg = null;

  #figure = make("div", { class: "figure", role: "group", tabindex: "0" });
  #image = make("img", { alt: "", "data-testid": "plot-image", draggable: "false" });
  #trouble = make("p", { class: "error", hidden: true });
  #fromField = make("input", { type: "text", id: "plot-from", "data-testid": "plot-from", class: "ink", autocomplete: "off" });
  #toField = make("input", { type: "text", id: "plot-to", "data-testid": "plot-to", class: "ink", autocomplete: "off" });
  #curves = make("ul", { class: "curves", "data-testid": "curves" });

  constructor() {
    this.#figure.append(this.#image);
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
      [this.#from, this.#to, this.#y, this.#wanted] = [this.#fromField.value, this.#toField.value, null, null];
      this.#redraw();
    });
    fill(
      this.#root,
      this.#figure,
      this.#trouble,
      make(
        "div",
        { class: "tools" },
        button("−", () => this.#zoom(ZOOM), { "aria-label": say("zoomOut"), "data-testid": "zoom-out" }),
        button("+", () => this.#zoom(1 / ZOOM), { "aria-label": say("zoomIn"), "data-testid": "zoom-in" }),
        button(say("reset"), () => this.#reset(), { "data-testid": "plot-reset" }),
        button(say("keepCurve"), () => this.#keepCurve(), { "data-testid": "keep-curve" }),
        button(say("saveSvg"), () => this.#svg && save(this.#svg, "tabuada.svg"), { "data-testid": "save-svg" }),
        button(say("savePng"), () => void this.#savePng(), { "data-testid": "save-png" }),
      ),
      range,
      this.#curves,
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
    if (!isFinal && !this.#panel.open) return null;
    const kept = this.#kept.filter((other) => other !== text).slice(-(CURVES_MAX - 1));
    const { picture, problem } = await fetchPlot(this.#parameters([...kept, text]), "image/svg+xml");
    if (problem) return problem;
    [this.#kept, this.#current] = [kept, text];
    this.#frame();
    if (picture) await this.#put(picture);
    if (isFinal) {
      // If the open panel gives the picture another size, the resize observer draws it again.
      this.#panel.open = true;
      this.#panel.scrollIntoView({ block: "nearest" });
    }
    return null;
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
    const x = this.#wanted ? this.#wanted.x.map(String) : [this.#from, this.#to];
    const y = this.#wanted ? this.#wanted.y : this.#y;
    parameters.push(["from", x[0] ?? ""], ["to", x[1] ?? ""]);
    if (y) parameters.push(["y_from", String(y[0])], ["y_to", String(y[1])]);
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
        const { picture, problem } = await fetchPlot(this.#parameters(this.#all()), "image/svg+xml");
        this.#trouble.hidden = problem === null;
        this.#trouble.textContent = problem?.detail ?? "";
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

  /** @param {Blob} picture */
  async #put(picture) {
    const text = await picture.text();
    this.#svg = picture;
    // The page may use other colours than the system, which the picture would follow.
    const scheme = document.documentElement.style.colorScheme;
    const isDark = scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    const dressed = text.replace("(prefers-color-scheme:dark)", isDark ? "all" : "not all");
    const address = URL.createObjectURL(new Blob([dressed], { type: "image/svg+xml" }));
    const before = this.#image.src;
    this.#image.src = address;
    // The service's pictures can always be decoded.
    await this.#image.decode().catch(() => {});
    if (before) URL.revokeObjectURL(before);
    this.#drawn = drawnIn(text);
    const words = (/** @type {string} */ tag) => unescaped(text.match(new RegExp(`<${tag}>([^<]*)</${tag}>`))?.[1] ?? "");
    this.#image.alt = `${words("title")}. ${words("desc")}`;
    this.#figure.setAttribute("aria-label", say("graph", { names: this.#all().join(", ") }));
    this.#bridge();
    if (!this.#wanted && this.#drawn && document.activeElement !== this.#fromField && document.activeElement !== this.#toField) {
      [this.#fromField.value, this.#toField.value] = [this.#from, this.#to];
    }
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
    this.#wanted = view;
    this.#from = rounded(view.x[0], view.x);
    this.#to = rounded(view.x[1], view.x);
    this.#y = view.y;
    [this.#fromField.value, this.#toField.value] = [this.#from, this.#to];
    this.#bridge();
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
   */
  #zoom(factor, at = [0.5, 0.5]) {
    if (this.#isAwaited(() => this.#zoom(factor, at))) return;
    const view = this.#now();
    if (!view) return;
    const by = (/** @type {Range} */ [from, to], /** @type {number} */ part) => {
      const still = from + part * (to - from);
      return /** @type {Range} */ ([still + (from - still) * factor, still + (to - still) * factor]);
    };
    this.#look({ x: by(view.x, at[0]), y: by(view.y, 1 - at[1]) });
  }

  #reset() {
    [this.#wanted, this.#y, this.#from, this.#to] = [null, null, "-10", "10"];
    [this.#fromField.value, this.#toField.value] = [this.#from, this.#to];
    this.#redraw();
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
        this.#zoom(Math.exp(Math.sign(event.deltaY) * 0.2), this.#part({ x: event.clientX, y: event.clientY }));
      },
      { passive: false },
    );
    figure.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      /** @type {Record<string, () => void>} */
      const keys = {
        ArrowLeft: () => this.#move(-STEP, 0),
        ArrowRight: () => this.#move(STEP, 0),
        ArrowUp: () => this.#move(0, STEP),
        ArrowDown: () => this.#move(0, -STEP),
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
 * The part of the plane in a picture, and its position.
 *
 * @param {string} svg
 * @returns {Drawn | null}
 */
function drawnIn(svg) {
  const numbers = (/** @type {string} */ name) => (svg.match(new RegExp(` data-${name}="([^"]*)"`))?.[1] ?? "").split(" ").map(Number);
  const [x, y, frame] = [numbers("x"), numbers("y"), numbers("frame")];
  const [left = 0, top = 0, width = 0, height = 0] = frame;
  const view = /** @type {View} */ ({ x, y });
  return x.length === 2 && y.length === 2 && width > 0 ? { view, left, top, width, height } : null;
}

/**
 * An end of a range, rounded to the digits that are visible.
 *
 * @param {number} end
 * @param {Range} range
 */
function rounded(end, [from, to]) {
  const places = 3 - Math.floor(Math.log10(to - from));
  return places >= 0 && places <= 100 ? String(Number(end.toFixed(places))) : String(end);
}

/**
 * Decodes a text from XML.
 *
 * @param {string} xml
 */
function unescaped(xml) {
  const characters = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return xml.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => characters[/** @type {keyof typeof characters} */ (name)]);
}
