// Curves of expressions of x.

import { readFileSync } from "node:fs";

import { ask, expect, picture, test, type } from "./support.js";

/** @import { Download, Page } from "@playwright/test" */

/** @param {Page} page */
async function isDrawn(page) {
  const image = page.getByTestId("plot-image");
  await expect(image).toBeVisible();
  await expect.poll(() => image.evaluate((one) => one instanceof HTMLImageElement && one.complete && one.naturalWidth > 200)).toBe(true);
}

/** @param {Page} page */
async function range(page) {
  const ends = [page.getByTestId("plot-from"), page.getByTestId("plot-to")];
  return Promise.all(ends.map(async (end) => Number(await end.inputValue())));
}

/** @param {Download} download */
async function content(download) {
  return readFileSync(String(await download.path()));
}

test("an expression of x shows its curve", async ({ page }) => {
  await expect(page.getByTestId("plot")).toBeHidden();
  await ask(page, "sin(x)/x");
  await isDrawn(page);
  await expect(page.getByTestId("hints")).toContainText("A function of x");
  await expect(page.getByTestId("error")).toBeHidden();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /Graph of sin\(x\)\/x.*x from −10 to 10/s);
  await expect(page.getByTestId("history")).toContainText("graph");
  await picture(page, "draw");
  // An expression of another variable is drawn if the person wants it.
  await ask(page, "sin(y)");
  await expect(page.getByTestId("hints")).toContainText("y has no value.");
  await page.getByTestId("hints").getByRole("button").click();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /sin\(y\)/);
  await ask(page, "sin(x) + y");
  await expect(page.locator("#marks mark")).toHaveText("y");
});

test("a curve is moved and zoomed by keys, buttons, mouse and wheel", async ({ page }) => {
  await ask(page, "x**2");
  await isDrawn(page);
  const figure = page.getByRole("group", { name: /Graph of/ });
  await expect.poll(() => range(page)).toEqual([-10, 10]);
  await figure.focus();
  await page.keyboard.press("Shift+ArrowRight");
  await expect.poll(() => range(page)).toEqual([-7, 13]);
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x from −7 to 13/);
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("+");
  await expect.poll(async () => (await range(page)).map((end) => end.toFixed(1))).toEqual(["-6.7", "6.7"]);
  await page.keyboard.press("0");
  await expect.poll(() => range(page)).toEqual([-10, 10]);
  await page.getByTestId("zoom-out").click();
  await expect.poll(() => range(page)).toEqual([-15, 15]);
  await page.getByTestId("plot-reset").click();
  await expect.poll(() => range(page)).toEqual([-10, 10]);

  await figure.scrollIntoViewIfNeeded();
  const box = await figure.boundingBox();
  if (!box) throw new Error("it is there");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 100, y, { steps: 5 });
  await page.mouse.up();
  await expect.poll(async () => (await range(page))[0] ?? 0).toBeGreaterThan(-9);
  const moved = await range(page);
  expect((moved[1] ?? 0) - (moved[0] ?? 0)).toBeCloseTo(20, 1);
  // The wheel zooms only with the focus; otherwise it scrolls the page.
  await figure.focus();
  await page.mouse.wheel(0, -100);
  await expect.poll(async () => ((await range(page))[1] ?? 0) - ((await range(page))[0] ?? 0)).toBeLessThan(19);

  await page.getByTestId("plot-from").fill("-2*pi");
  await page.getByTestId("plot-to").fill("2*pi");
  await page.getByTestId("plot-range").click();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x from −6.283 to 6.283/);
  await page.getByTestId("plot-to").fill("nonsense");
  await page.getByTestId("plot-range").click();
  await expect(page.getByTestId("plot")).toContainText("“to” needs a number or an expression, such as 2π.");
  await expect(page.getByTestId("plot-to")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByTestId("plot-from")).toHaveAttribute("aria-invalid", "false");
  await page.getByTestId("plot-to").fill("-3*pi");
  await page.getByTestId("plot-range").click();
  await expect(page.getByTestId("plot")).toContainText("The start of the range must be below its end.");
  await page.getByTestId("plot-to").fill("2*pi");
  await page.getByTestId("plot-range").click();
  await expect(page.locator("#plot-trouble")).toBeHidden();
});

test("a click is not lost while a picture is on its way", async ({ page }) => {
  await ask(page, "x**2");
  await isDrawn(page);
  await page.getByTestId("zoom-in").click();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x from −6.667 to 6.667/);
  /** @type {() => void} */
  let go = () => {};
  const held = new Promise((free) => (go = () => free(null)));
  await page.route("**/v1/plot*", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByTestId("plot-reset").click();
  await page.getByTestId("zoom-out").click();
  go();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x from −15 to 15/);
});

/** @param {Page} page */
async function ends(page) {
  const alt = (await page.getByTestId("plot-image").getAttribute("alt")) ?? "";
  const numbers = alt.match(/x from (\S+) to (\S+), y from (\S+) to (\S+)\.\n/)?.slice(1) ?? [];
  return numbers.map((number) => Number(number.replace("−", "-")));
}

test("both axes have one scale, y fits the curve, and one axis is zoomed alone", async ({ page }) => {
  await ask(page, "exp(x)");
  await isDrawn(page);
  await expect.poll(() => ends(page)).toEqual([-10, 10, -10, 10]);
  await page.getByTestId("plot-fit").click();
  await expect.poll(async () => (await ends(page))[3] ?? 0).toBeGreaterThan(22_026);
  await page.getByTestId("plot-reset").click();
  await expect.poll(() => ends(page)).toEqual([-10, 10, -10, 10]);
  await page.getByTestId("zoom-in-y").click();
  await expect.poll(() => ends(page)).toEqual([-10, 10, -6.667, 6.667]);
  await page.getByTestId("zoom-out-x").click();
  await expect.poll(() => ends(page)).toEqual([-15, 15, -6.667, 6.667]);
  // The wheel over an axis zooms that axis alone.
  const figure = page.getByRole("group", { name: /Graph of/ });
  await figure.focus();
  await figure.scrollIntoViewIfNeeded();
  const box = await figure.boundingBox();
  if (!box) throw new Error("it is there");
  await page.mouse.move(box.x + 6, box.y + box.height / 2);
  await page.mouse.wheel(0, -100);
  await expect.poll(async () => (await ends(page))[3] ?? 9).toBeLessThan(6);
  expect((await ends(page)).slice(0, 2)).toEqual([-15, 15]);

  const equal = page.getByTestId("plot-equal");
  await equal.click();
  await expect(equal).toHaveAttribute("aria-pressed", "true");
  const isRound = async () => {
    const [from = 0, to = 0, low = 0, high = 0] = await ends(page);
    const frame = await page.evaluate(() => document.querySelector("#plot img")?.getBoundingClientRect());
    return ((high - low) / (to - from)) * ((frame?.width ?? 0) / (frame?.height ?? 1));
  };
  // The margins are not the same on both sides.
  await expect.poll(isRound).toBeGreaterThan(0.85);
  expect(await isRound()).toBeLessThan(1.15);
  await equal.click();
  await expect(equal).toHaveAttribute("aria-pressed", "false");
});

test("values are read with the pointer and with the keys, and points are in a table", async ({ page }) => {
  await ask(page, "sin(x)");
  await isDrawn(page);
  const table = page.getByTestId("plot-points");
  await expect(table).toContainText("−3.14159; 0; 3.14159");
  await expect(table).toContainText("(1.5708; 1)");
  const figure = page.getByRole("group", { name: /Graph of/ });
  const readout = page.getByTestId("readout");
  await expect(readout).toBeHidden();
  await figure.focus();
  await page.keyboard.press("ArrowRight");
  await expect(readout).toHaveText("x = 0 · y = 0 · zero");
  // A step is a hundredth of the width. The crosshair stops at points on its way.
  await page.keyboard.press("ArrowRight");
  await expect(readout).toHaveText(/^x = 0\.(19|2|21) · y = 0\.(18|19|20)\d+$/);
  for (let step = 0; step < 10 && !(await readout.textContent())?.includes("maximum"); step += 1) {
    await page.keyboard.press("ArrowRight");
  }
  await expect(readout).toHaveText("x = 1.5708 · y = 1 · maximum");
  await expect(readout).toHaveAttribute("aria-live", "polite");
  await page.keyboard.press("Escape");
  await expect(readout).toBeHidden();

  // The pointer reads without being spoken.
  await figure.scrollIntoViewIfNeeded();
  const box = await figure.boundingBox();
  if (!box) throw new Error("it is there");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
  await expect(readout).toContainText(/x = −\d/);
  await expect(readout).toHaveAttribute("aria-live", "off");
  await page.mouse.move(box.x + 2, box.y + box.height + 40);
  await expect(readout).toBeHidden();
});

test("intersections are read, and the crosshair changes between curves", async ({ page }) => {
  await ask(page, "x**2");
  await isDrawn(page);
  await page.getByTestId("keep-curve").click();
  await ask(page, "x+2");
  await expect(page.getByTestId("plot-points")).toContainText("Intersections: (−1; 1); (2; 4)");
  const figure = page.getByRole("group", { name: /Graph of/ });
  await figure.focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("readout")).toHaveText("x**2 · x = 0 · y = 0 · zero");
  await page.keyboard.press("ArrowDown");
  await expect(page.getByTestId("readout")).toContainText("x+2 · x = ");
});

test.describe("in school notation", () => {
  test.use({ notation: "school" });

  test("the read-out and the range are in the reader's language and decimals", async ({ page }) => {
    await page.getByTestId("language").selectOption("pt-BR");
    await ask(page, "cos(x)");
    await isDrawn(page);
    await expect(page.getByTestId("plot-points")).toContainText("−1,5708; 1,5708");
    const figure = page.getByRole("group", { name: /Gráfico de/ });
    await figure.focus();
    await page.keyboard.press("ArrowLeft");
    await expect(page.getByTestId("readout")).toHaveText("x = 0 · y = 1 · máximo");
    await page.keyboard.press("ArrowLeft");
    await expect(page.getByTestId("readout")).toHaveText(/^x = −0,(19|2|21) · y = 0,9[78]\d+$/);
    // Moved ends have the decimal comma, and are read with it.
    await page.keyboard.press("+");
    await expect(page.getByTestId("plot-to")).toHaveValue("6,67");
    await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x de −6,667 a 6,667/);
    await page.getByTestId("plot-from").fill("1/2");
    await page.getByTestId("plot-to").fill("2π");
    await page.getByTestId("plot-range").click();
    await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x de 0,5 a 6,283/);
    await expect(page.locator("#plot-trouble")).toBeHidden();
  });
});

test.describe("by touch", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("two fingers zoom, one moves, and the page still scrolls", async ({ page, context }) => {
    await ask(page, "x**2");
    await isDrawn(page);
    const figure = page.getByRole("group", { name: /Graph of/ });
    await figure.scrollIntoViewIfNeeded();
    const box = await figure.boundingBox();
    if (!box) throw new Error("it is there");
    const fingers = await context.newCDPSession(page);
    const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
    const touch = (/** @type {"touchStart" | "touchMove" | "touchEnd"} */ type, /** @type {number[]} */ ...across) =>
      fingers.send("Input.dispatchTouchEvent", { type, touchPoints: across.map((at, id) => ({ x: x + at, y, id })) });
    await touch("touchStart", -40, 40);
    for (const apart of [50, 60, 70, 80]) await touch("touchMove", -apart, apart);
    await touch("touchEnd");
    await expect.poll(async () => ((await range(page))[1] ?? 0) - ((await range(page))[0] ?? 0)).toBeLessThan(12);
    const [from = 0, to = 0] = await range(page);
    await touch("touchStart", 40);
    for (const at of [20, 0, -20, -40]) await touch("touchMove", at);
    await touch("touchEnd");
    await expect.poll(async () => (await range(page))[0] ?? 0).toBeGreaterThan(from + 0.5);
    const [moved = 0, end = 0] = await range(page);
    expect(end - moved).toBeCloseTo(to - from, 1);
    expect(await figure.evaluate((element) => getComputedStyle(element).touchAction)).toBe("pan-y");
    // A short touch reads the curve out.
    await touch("touchStart", 0);
    await touch("touchEnd");
    await expect(page.getByTestId("readout")).toContainText(/x = /);
  });
});

test("several curves are drawn together and saved", async ({ page }) => {
  await ask(page, "sin(x)");
  await isDrawn(page);
  await page.getByTestId("keep-curve").click();
  await ask(page, "cos(x)");
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /Graph of sin\(x\), cos\(x\)/);
  // The curve follows the typed text.
  await type(page, "cos(x)/2");
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /cos\(x\)\/2/);
  let saved = page.waitForEvent("download");
  await page.getByTestId("save-svg").click();
  const svg = await saved;
  expect(svg.suggestedFilename()).toBe("tabuada.svg");
  expect((await content(svg)).toString()).toMatch(/^<svg [^]*<title>Graph of sin\(x\), cos\(x\)\/2<\/title>[^]*<\/svg>\s*$/);
  saved = page.waitForEvent("download");
  await page.getByTestId("save-png").click();
  const png = await saved;
  expect(png.suggestedFilename()).toBe("tabuada.png");
  expect([...(await content(png)).subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  await picture(page, "draw-curves");
  await page.getByRole("button", { name: "Remove sin(x)" }).click();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /^Graph of cos\(x\)\/2/);
});

test("a picture has the page's colours, not the system's", async ({ page }) => {
  await ask(page, "x");
  await isDrawn(page);
  const ground = () =>
    page.getByTestId("plot-image").evaluate((image) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 4;
      const paint = canvas.getContext("2d");
      if (image instanceof HTMLImageElement) paint?.drawImage(image, 0, 0, 4, 4, 0, 0, 4, 4);
      return [...(paint?.getImageData(1, 1, 1, 1).data ?? [])].slice(0, 3);
    });
  await expect.poll(async () => Math.min(...(await ground()))).toBeGreaterThan(200);
  await page.getByTestId("theme").selectOption("dark");
  await expect.poll(async () => Math.max(...(await ground()))).toBeLessThan(60);
  await page.getByTestId("theme").selectOption("light dark");
  await expect.poll(async () => Math.min(...(await ground()))).toBeGreaterThan(200);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(async () => Math.max(...(await ground()))).toBeLessThan(60);
});
