// Accessibility: languages, sizes, colours, keyboards, screen readers.

import { readdirSync, readFileSync } from "node:fs";

import { ask, expect, isAccessible, LOOKS, picture, test } from "./support.js";

const SAYS = { "en-US": ["calculated now", "Steps", "a calculator that remembers"], "pt-BR": ["calculada agora", "Passos", "uma calculadora com memória"] };

for (const width of [390, 768, 1440]) {
  for (const { colorScheme, locale } of LOOKS) {
    test.describe(`${width} pixels, ${colorScheme}, ${locale}`, () => {
      const isPhone = width === 390;
      test.use({ viewport: { width, height: 900 }, colorScheme, locale, hasTouch: isPhone, isMobile: isPhone });

      test("everything is visible, fits and is accessible", async ({ page }) => {
        await isAccessible(page);
        for (const panel of ["explain", "remembered", "history"]) {
          const details = page.locator(`#${panel}-panel`);
          if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
        }
        await page.locator("#keypad-switch").click();
        await ask(page, "sqr(2) + 2^3");
        await expect(page.getByTestId("apply")).toBeVisible();
        await isAccessible(page);
        await ask(page, "3**40 - 1");
        await expect(page.getByTestId("answer")).toHaveText("12157665459056928800");
        for (const words of SAYS[locale]) await expect(page.locator("body")).toContainText(words);
        await expect(page.locator("html")).toHaveAttribute("lang", locale === "pt-BR" ? "pt-BR" : "en");
        await expect(page.getByTestId("entries")).toContainText("3**40-1");
        await picture(page, `page-${width}-${colorScheme}-${locale}`);
        const cut = await page.locator(".steps .formula").evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length);
        expect(cut).toBe(0);
        await isAccessible(page);
        await ask(page, "x*sin(x)");
        await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x\*sin\(x\)/);
        await page.getByTestId("keep-curve").click();
        await isAccessible(page);
        await picture(page, `curve-${width}-${colorScheme}-${locale}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow).toBe(0);
      });
    });
  }
}

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test.describe(`projector, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("the projector is accessible", async ({ page }) => {
      await page.getByTestId("projector").click();
      for (const text of ["6*7", "sqr(2)", "x*sin(x)"]) {
        await ask(page, text);
        await expect(page.getByTestId("history").locator(".asked").first()).toHaveText(text);
        await isAccessible(page);
      }
    });
  });
}

test("cards have no gaps, however long the other column is", async ({ page, service }) => {
  for (let k = 1; k <= 30; k += 1) await fetch(`${service.url}/v1/evaluate?expr=${k}`);
  await page.locator("#remembered-panel summary").click();
  await expect(page.getByTestId("entries").locator("tbody tr")).toHaveCount(30);
  const apart = await page.evaluate(() => {
    const [above, below] = [".calculator", ".below"].map((name) => document.querySelector(name)?.getBoundingClientRect());
    return (below?.top ?? 0) - (above?.bottom ?? 0);
  });
  expect(apart).toBe(16);
});

test("the language is changed and kept", async ({ page }) => {
  await ask(page, "1/0");
  await expect(page.getByTestId("error")).toHaveText("Division by zero.");
  await page.getByTestId("language").selectOption("pt-BR");
  await expect(page.getByTestId("error")).toHaveText("Divisão por zero.");
  await expect(page.getByRole("heading", { name: "Histórico" })).toBeVisible();
  await expect(page).toHaveTitle(/calculadora/);
  await page.reload();
  await expect(page.getByTestId("language")).toHaveValue("pt-BR");
  await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
});

test("the languages are not mixed", async ({ page }) => {
  const words = async () => {
    const { ENGLISH } = await import("./page/english.js");
    const { PORTUGUESE } = await import("./page/portuguese.js");
    expect(Object.keys(PORTUGUESE)).toEqual(Object.keys(ENGLISH));
    // The page uses each text, by its full name or by a name that it assembles.
    const files = readdirSync("page").filter((file) => !/^(?:english|portuguese)/.test(file));
    const sources = files.map((file) => readFileSync(`page/${file}`, "utf8")).join("");
    for (const key of Object.keys(ENGLISH)) {
      const start = key.match(/^(?:layer|hop|type|state|csv|key|points?)_/)?.[0];
      expect(sources.includes(start ? start : `"${key}"`) || sources.includes(`"${key}"`), key).toBe(true);
    }
    const names = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [key, sentence] of Object.entries(ENGLISH)) {
      const other = PORTUGUESE[/** @type {keyof typeof ENGLISH} */ (key)];
      expect(other, key).not.toBe("");
      expect(new Set(names(other)), key).toEqual(new Set(names(sentence)));
      expect(other.includes("|"), key).toBe(sentence.includes("|"));
    }
  };
  await words();
  await page.getByTestId("language").selectOption("pt-BR");
  const unsaid = await page.evaluate(() =>
    [...document.querySelectorAll("[data-word]")].filter((element) => element.textContent === "").map((element) => element.outerHTML),
  );
  expect(unsaid).toEqual([]);
});

test("everything works by keyboard", async ({ page }) => {
  await page.locator("#remembered-panel summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("/");
  await expect(page.getByTestId("expression")).toBeFocused();
  await page.keyboard.type("x**2");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("plot-image")).toBeVisible();
  /** @type {string[]} */
  const seen = [];
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  const wanted = ["skip", "language", "theme", "expression", "enter", "mode", "keypad-switch", "plot-from", "history-search"];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return null;
      const style = getComputedStyle(element);
      const sheet = element.closest(".sheet");
      const isShown = style.outlineStyle !== "none" || (sheet !== null && getComputedStyle(sheet).outlineStyle !== "none");
      return { id: element.id || element.className, isShown };
    });
    if (focus === null) break;
    expect(focus.isShown, focus.id).toBe(true);
    seen.push(focus.id);
  }
  for (const id of wanted) expect(seen).toContain(id);
  expect(seen.indexOf("expression")).toBeLessThan(seen.indexOf("history-search"));
});

test("screen readers hear the answer and errors", async ({ page }) => {
  const said = page.locator("#said");
  await expect(said).toHaveAttribute("aria-live", "polite");
  await ask(page, "6*7");
  await expect(said).toHaveText("= 42");
  await ask(page, "6*");
  await expect(said).toContainText("not finished");
  await expect(page.getByRole("textbox", { name: "Expression", exact: true })).toHaveAttribute("aria-describedby", /error/);
});

test.describe("with less motion", () => {
  test.use({ contextOptions: { reducedMotion: "reduce" } });

  test("nothing moves", async ({ page }) => {
    await ask(page, "6*7");
    await page.locator("#trip summary").click();
    await expect(page.getByTestId("road")).toBeVisible();
    const longest = await page.evaluate(() => Math.max(0, ...document.getAnimations().map((one) => Number(one.effect?.getComputedTiming().endTime ?? 0))));
    expect(longest).toBeLessThanOrEqual(10);
  });
});
