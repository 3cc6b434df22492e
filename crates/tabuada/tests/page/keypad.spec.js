// The keypad: keys for those who have none, and for signs that keyboards lack.

import { expect, picture, test } from "./support.js";

/** @import { Page } from "@playwright/test" */

/**
 * Opens the page with a notation and a decimal sign, and the keypad.
 *
 * @param {Page} page
 * @param {{ notation: string, decimal: string }} wanted
 */
async function open(page, { notation, decimal }) {
  await page.evaluate(
    ([name = "", sign = ""]) => {
      localStorage.setItem("tabuada.notation", name);
      localStorage.setItem("tabuada.decimal", sign);
      localStorage.setItem("tabuada.keypad", "shown");
    },
    [notation, decimal],
  );
  // An address with an expression has a notation of its own.
  await page.goto(new URL(page.url()).origin);
}

/**
 * Presses keys by their labels.
 *
 * @param {Page} page
 * @param {string} labels separated by blanks
 */
async function press(page, labels) {
  for (const label of labels.split(" ")) await page.getByTestId("keypad").getByText(label, { exact: true }).click();
}

test("the keypad writes characters that are hard to type", async ({ page }) => {
  const keypad = page.getByTestId("keypad");
  const field = page.getByTestId("expression");
  await expect(keypad).toBeHidden();
  const open = page.getByRole("button", { name: "Keypad" });
  await open.click();
  await keypad.getByRole("button", { name: "square root" }).click();
  await page.keyboard.type("16");
  await keypad.getByRole("button", { name: "times" }).click();
  await keypad.getByRole("button", { name: "π pi" }).click();
  await expect(field).toHaveValue("√16×π");
  await expect(page.getByTestId("answer")).toHaveText("12.566370614359172");
  await press(page, "⌫");
  await expect(field).toHaveValue("√16×");
  await press(page, "← ← ⌫ 2");
  await expect(field).toHaveValue("√26×");
  await press(page, "→ ⌫");
  await expect(field).toHaveValue("√2×");
  await press(page, "f(x)");
  await field.fill("-5");
  await field.selectText();
  await keypad.getByRole("button", { name: "absolute value" }).click();
  await expect(field).toHaveValue("|-5|");
  await expect(page.getByTestId("answer")).toHaveText("5");
  // One stop of the Tab key; the arrow keys move within it.
  await open.focus();
  await page.keyboard.press("Tab");
  await expect(keypad.getByRole("button").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(keypad.getByRole("button", { pressed: true })).toHaveText("123");
  await expect(keypad.getByRole("button", { pressed: true })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(keypad.getByRole("button").nth(1)).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(keypad.locator(":focus")).toHaveCount(0);
  await page.reload();
  await expect(keypad).toBeVisible();
  await open.click();
  await expect(keypad).toBeHidden();
});

test("the keys are those of the notation, with its decimal sign", async ({ page }) => {
  const field = page.getByTestId("expression");
  await open(page, { notation: "python", decimal: "point" });
  await press(page, "1 . 5 ** 2 % 2");
  await expect(field).toHaveValue("1.5**2%2");
  await expect(page.getByTestId("keypad").getByRole("button", { name: "% remainder" })).toBeVisible();
  await press(page, "=");
  await expect(page.getByTestId("answer")).toHaveText("0.25");
  await expect(page.getByTestId("history").getByRole("listitem")).toHaveCount(1);
  await open(page, { notation: "school", decimal: "comma" });
  await field.fill("");
  await press(page, "1 , 5 ^ 2 × 5 0 %");
  await expect(field).toHaveValue("1,5^2×50%");
  await press(page, "f(x) sin x ;");
  await expect(field).toHaveValue("1,5^2×50%sin(x;");
});

test.describe("on a phone, in Portuguese", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "pt-BR" });

  test("a sum is typed without the system's keyboard, which has its own key", async ({ page }) => {
    const field = page.getByTestId("expression");
    await open(page, { notation: "school", decimal: "comma" });
    await expect(field).toHaveAttribute("inputmode", "none");
    for (const label of "7 × 8 , 5 f(x) tg 123 4 ) 123".split(" ")) {
      await page.getByTestId("keypad").getByText(label, { exact: true }).tap();
    }
    await expect(field).toHaveValue("7×8,5tg(4)");
    await expect(page.getByTestId("keypad").getByText("mdc", { exact: true })).toBeHidden();
    // It stands at the bottom, and hides neither the field nor the end of the page.
    const keypad = await page.getByTestId("keypad").boundingBox();
    expect((keypad?.y ?? 0) + (keypad?.height ?? 0)).toBe(844);
    await expect(field).toBeInViewport({ ratio: 1 });
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    const end = await page.locator("footer").boundingBox();
    expect((end?.y ?? 0) + (end?.height ?? 0)).toBeLessThanOrEqual(keypad?.y ?? 0);
    await page.getByTestId("keypad").getByRole("button", { name: "teclado do aparelho" }).tap();
    await expect(page.getByTestId("keypad")).toBeHidden();
    await expect(field).not.toHaveAttribute("inputmode");
    await expect(field).toBeFocused();
  });

  for (const theme of /** @type {const} */ (["light", "dark"])) {
    test(`keys are high enough for fingers, and fit from 320 pixels on, ${theme}`, async ({ page }) => {
      await page.getByTestId("theme").selectOption(theme);
      await open(page, { notation: "school", decimal: "comma" });
      for (const [index, label] of ["123", "f(x)"].entries()) {
        await page.getByTestId("keypad").getByText(label, { exact: true }).tap();
        for (const width of [390, 320]) {
          await page.setViewportSize({ width, height: 844 });
          const boxes = await page
            .getByTestId("keypad")
            .getByRole("button")
            .evaluateAll((keys) =>
              keys.map((key) => [key.getBoundingClientRect().height, key.scrollWidth - key.clientWidth, key.textContent]),
            );
          for (const [height, beyond, text] of boxes) {
            expect(height, String(text)).toBeGreaterThanOrEqual(48);
            expect(beyond, String(text)).toBeLessThanOrEqual(0);
          }
          // No row is ragged.
          expect(boxes.length % 5).toBe(3);
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
        }
        await page.setViewportSize({ width: 390, height: 844 });
        await picture(page, `keypad-${theme}-${index}`, false);
      }
    });
  }

  test("what is pressed often has 44 pixels", async ({ page }) => {
    await page.getByTestId("expression").fill("2+2");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("cache-status")).toBeVisible();
    const low = await page
      .locator("button:visible, select:visible, input:not([type=radio]):visible, .switch label:visible, summary:visible, nav a:visible")
      .evaluateAll((all) =>
        all.filter((one) => one.getBoundingClientRect().height < 44).map((one) => `${one.outerHTML.slice(0, 80)}`),
      );
    expect(low).toEqual([]);
  });
});
