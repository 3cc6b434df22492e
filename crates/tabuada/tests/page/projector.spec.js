// Projector mode, and paper: the same answer for a class and for an exercise book.

import { ask, expect, LOOKS, picture, test } from "./support.js";

/** @import { Locator, Page } from "@playwright/test" */

/** @param {Locator} locator */
async function size(locator) {
  return locator.evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
}

/**
 * The contrast of a text with the page (WCAG 2, relative luminance).
 *
 * @param {Locator} locator
 * @returns {Promise<number>}
 */
async function contrast(locator) {
  return locator.evaluate((element) => {
    const drawn = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = (/** @type {string} */ colour) => {
      if (!drawn) return 0;
      drawn.fillStyle = colour;
      drawn.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = [...drawn.getImageData(0, 0, 1, 1).data].map((part) => {
        const value = part / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const card = element.closest(".card") ?? document.documentElement;
    const both = [getComputedStyle(element).color, getComputedStyle(card).backgroundColor].map(luminance);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  });
}

/** @param {Page} page */
async function isOn(page) {
  return page.evaluate(() => document.documentElement.hasAttribute("data-projector"));
}

test.describe("1920 pixels", () => {
  test.use({ viewport: { width: 1920, height: 1080 } });

  for (const { colorScheme, locale } of LOOKS) {
    test.describe(`${colorScheme}, ${locale}`, () => {
      test.use({ colorScheme, locale });

      test("the class sees the field, the answer, its road and the curve", async ({ page }) => {
        await page.getByTestId("projector").click();
        await ask(page, "sum(k**2, k, 1, 10**5)");
        await expect(page.getByTestId("trip-time")).not.toBeEmpty();
        // Not before: a second request would wait for the first one's answer.
        await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", /^(?:computed|collapsed|memory)$/);
        await page.keyboard.press("Enter");
        await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "memory");
        for (const large of ["expression", "answer"]) expect(await size(page.getByTestId(large))).toBeGreaterThanOrEqual(48);
        for (const text of ["trip-time", "cache-status", "ring", "times"]) {
          expect(await size(page.getByTestId(text))).toBeGreaterThanOrEqual(28);
          expect(await contrast(page.getByTestId(text)), text).toBeGreaterThanOrEqual(7);
        }
        for (const hop of await page.getByTestId("road").locator("span.happened, strong").all()) {
          expect(await size(hop)).toBeGreaterThanOrEqual(28);
          expect(await contrast(hop)).toBeGreaterThanOrEqual(7);
        }
        for (const text of ["expression", "answer"]) expect(await contrast(page.getByTestId(text))).toBeGreaterThanOrEqual(7);
        for (const rest of ["language", "theme", "copy", "mode", "history-search", "remembered"]) {
          await expect(page.getByTestId(rest)).toBeHidden();
        }
        for (const rest of ["footer", "#explain-panel", "#keypad-switch", "#plot-panel"]) await expect(page.locator(rest)).toBeHidden();
        await picture(page, `projector-${colorScheme}-${locale}`);

        await ask(page, "sin(x)/x");
        const curve = page.getByTestId("plot-image");
        await expect(curve).toBeVisible();
        // The service draws letters of 12 and curves of 2 pixels.
        await expect.poll(() => curve.evaluate((image) => image.getBoundingClientRect().width / /** @type {HTMLImageElement} */ (image).naturalWidth)).toBeCloseTo(2, 1);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
        await picture(page, `projector-curve-${colorScheme}-${locale}`);
      });
    });
  }
});

test("the projector has a key, a button and an address", async ({ page, service }) => {
  await ask(page, "6*7");
  await expect(page.getByTestId("cache-status")).toBeVisible();
  await expect(page.getByTestId("road")).toBeHidden();
  // A letter in the field is a letter.
  await page.keyboard.type("+p");
  await expect(page.getByTestId("expression")).toHaveValue("6*7+p");
  expect(await isOn(page)).toBe(false);
  await ask(page, "6*7");
  await page.getByTestId("copy").focus();
  await page.keyboard.press("p");
  expect(await isOn(page)).toBe(true);
  await expect(page.getByTestId("road")).toBeVisible();
  await expect(page.getByTestId("projector")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("expression")).toBeFocused();
  expect(new URL(page.url()).searchParams.get("projector")).toBe("1");
  await page.reload();
  expect(await isOn(page)).toBe(true);
  await page.getByTestId("projector").click();
  expect(await isOn(page)).toBe(false);
  expect(new URL(page.url()).searchParams.has("projector")).toBe(false);
  await page.goto(`${service.url}/?expr=6*7&projector=1`);
  await expect(page.getByTestId("answer")).toHaveText("42");
  await expect(page.getByTestId("road")).toBeVisible();
  await page.locator("#trip summary").focus();
  await page.keyboard.press("Escape");
  expect(await isOn(page)).toBe(false);
});

for (const text of ["2**10", "x*sin(x)"]) {
  test(`paper has the expression, the answer and the address, and nothing else: ${text}`, async ({ page }) => {
    await page.getByTestId("theme").selectOption("dark");
    await page.locator("#keypad-switch").click();
    await ask(page, text);
    const isCurve = text.includes("x");
    await expect(page.getByTestId(isCurve ? "plot-image" : "answer")).toBeVisible();
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await expect(page.locator("#printed")).toHaveText(page.url());
    await expect(page.getByTestId("expression")).toBeVisible();
    await expect(page.getByTestId(isCurve ? "plot-image" : "answer")).toBeVisible();
    await expect(page.locator("button:visible, select:visible, input:visible, summary:visible, nav:visible")).toHaveCount(0);
    for (const rest of ["footer", "#trip", "#history-panel", "#explain-panel", "#remembered-panel", "#call", "#keypad"]) {
      await expect(page.locator(rest)).toBeHidden();
    }
    // Dark ink on light paper, although the screen is dark.
    const [ink = 0, paper = 0] = await page.evaluate(() =>
      [getComputedStyle(document.body).color, getComputedStyle(document.querySelector(".card") ?? document.body).backgroundColor].map(
        (colour) => (colour.match(/\d+/g) ?? []).slice(0, 3).map(Number).reduce((sum, part) => sum + part, 0) / 3,
      ),
    );
    expect(ink).toBeLessThan(80);
    expect(paper).toBeGreaterThan(240);
    await picture(page, `paper-${isCurve ? "curve" : "answer"}`);
  });
}
