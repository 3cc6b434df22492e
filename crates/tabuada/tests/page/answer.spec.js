// The answer first: its place, its size, and what is said beside it.

import { ask, expect, LOOKS, picture, test, type } from "./support.js";

/** @import { Locator } from "@playwright/test" */

test.use({ notation: null });

/** @param {Locator} element */
async function box(element) {
  const found = await element.boundingBox();
  if (!found) throw new Error("it is not visible");
  return found;
}

for (const [width, height] of /** @type {const} */ ([[1366, 768], [1440, 900], [390, 844]])) {
  for (const locale of new Set(LOOKS.map((look) => look.locale))) {
    test.describe(`${width}x${height}, ${locale}`, () => {
      const isPhone = width === 390;
      test.use({ viewport: { width, height }, locale, hasTouch: isPhone, isMobile: isPhone });

      test("the field, the answer and the first third of the curve are visible together, and the field stays", async ({ page }) => {
        const field = page.getByTestId("expression");
        const before = await box(field);
        await ask(page, "2^10");
        await expect(page.getByTestId("answer")).toHaveText("1024");
        expect((await box(page.getByTestId("answer"))).y).toBeLessThan(height);
        expect(await box(field)).toEqual(before);
        await ask(page, "x^2 - 3");
        const image = page.getByTestId("plot-image");
        await expect(image).toHaveAttribute("alt", /x\^2 - 3/);
        expect(await box(field)).toEqual(before);
        expect(await page.evaluate(() => scrollY)).toBe(0);
        await expect(page.getByTestId("hints")).toBeInViewport({ ratio: 1 });
        const { y, height: whole } = await box(image);
        expect(y + whole / 3).toBeLessThanOrEqual(height);
        await picture(page, `answer-curve-${width}-${locale}`);
      });

      test("the picture has its room before it comes", async ({ page }) => {
        /** @type {() => void} */
        let go = () => {};
        const gone = new Promise((done) => (go = () => done(null)));
        await page.route("**/v1/plot**", async (route) => {
          await gone;
          await route.continue();
        });
        await page.goto(`${page.url()}?expr=sin(x)`);
        const figure = page.locator(".figure");
        await expect(figure).toBeVisible();
        const before = await box(figure);
        go();
        await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /sin/);
        expect(await box(figure)).toEqual(before);
      });
    });
  }
}

test("the answer is the largest text, and its parts are in order", async ({ page }) => {
  await page.getByRole("radio", { name: "Python" }).check();
  await ask(page, "2^10");
  const [hints, answer] = [page.getByTestId("hints"), page.getByTestId("answer")];
  await expect(answer).toHaveText("8");
  const sizes = await page.evaluate(() => {
    const texts = [...document.querySelectorAll("body *")].filter((one) => [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim()));
    const size = (/** @type {Element} */ one) => parseFloat(getComputedStyle(one).fontSize);
    const shown = texts.filter((one) => one instanceof HTMLElement && one.offsetParent !== null && one.id !== "answer");
    const answer = document.getElementById("answer");
    return { answer: answer ? size(answer) : 0, others: Math.max(...shown.map(size)) };
  });
  expect(sizes.answer).toBeGreaterThanOrEqual(28);
  expect(sizes.answer).toBeGreaterThan(sizes.others);
  // Doubtful, the number is as quiet as its surroundings.
  const colours = () => answer.evaluate((one) => [getComputedStyle(one).color, getComputedStyle(document.body).color]);
  const [doubtful, ink] = await colours();
  expect(doubtful).not.toBe(ink);
  const [hint, number] = [await box(hints), await box(answer)];
  expect(hint.y + hint.height).toBeLessThanOrEqual(number.y);
  expect(hint.y).toBeGreaterThan((await box(page.getByTestId("expression"))).y);
  await hints.getByTestId("dismiss").click();
  await expect(hints).toBeHidden();
  await expect.poll(async () => (await colours())[0]).toBe(ink);
  await expect(page.getByTestId("expression")).toBeFocused();
  // It stays dismissed for this text.
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "memory");
  await expect(hints).toBeHidden();
  await ask(page, "2^11");
  await expect(hints).toBeVisible();
  await hints.getByTestId("apply").click();
  await expect(answer).toHaveText("2048");
  await expect(hints).toBeHidden();
});

test("one live region tells the value, then what is said beside it", async ({ page }) => {
  const said = page.locator("#said");
  await expect(page.locator("[aria-live=polite]")).toHaveCount(1);
  await ask(page, "sin 30");
  await expect(said).toHaveText(/^= -0\.988\d+\. Hint: .*30°.*\. read as sin\(30\)$/);
  await ask(page, "sqr(16)");
  await expect(said).toHaveText(/sqr.*\. Use sqrt\(16\)$/);
});

test("an error is shown once, without empty space below it", async ({ page }) => {
  await ask(page, "2 +* 3");
  const error = page.getByTestId("error");
  await expect(error).toBeVisible();
  const sentence = (await error.locator("p").textContent()) ?? "";
  await expect(page.getByTestId("history").getByRole("listitem").first()).toContainText("2 +* 3");
  await expect(page.locator("main").getByText(sentence, { exact: true }).and(page.locator(":not(#said)"))).toHaveCount(1);
  await expect(page.getByTestId("history")).not.toContainText(sentence);
  await expect(page.getByTestId("explain")).not.toContainText(sentence);
  const { y, height } = await box(error);
  const result = await box(page.locator("#result"));
  expect(result.y + result.height - (y + height)).toBeLessThan(12);
});

test("the actions beside an answer are quiet, and one button is prominent", async ({ page }) => {
  await ask(page, "10/4");
  await expect(page.getByTestId("answer")).toHaveText("2.5");
  const grounds = await page.locator("button:visible").evaluateAll((all) => all.map((one) => [one.id, getComputedStyle(one).backgroundColor]));
  const primary = grounds.find(([id]) => id === "enter")?.[1];
  expect(grounds.filter(([, colour]) => colour === primary)).toHaveLength(1);
  for (const action of ["copy", "share"]) {
    const border = await page.getByTestId(action).evaluate((one) => getComputedStyle(one).borderColor);
    expect(border).toBe("rgba(0, 0, 0, 0)");
  }
  await type(page, "10/8");
  await expect(page.getByTestId("answer")).toHaveText("1.25");
});

test("what is no fraction is offered as a decimal", async ({ page }) => {
  await page.getByTestId("mode").selectOption("exact");
  await ask(page, "√2");
  await page.getByTestId("error").getByRole("button", { name: "Use decimals" }).click();
  await expect(page.getByTestId("answer")).toHaveText(/^1\.41421356237309504880168872420969807856967187537/);
  await expect(page.getByTestId("mode")).toHaveValue("decimal");
});
