// The steps of an evaluation, and whether two texts share one answer.

import { ask, expect, holding, picture, test } from "./support.js";

test("the steps lead from the text to the answer", async ({ page }) => {
  await ask(page, " 2 + 3*4");
  const steps = page.getByTestId("steps").getByRole("listitem");
  const texts = () => steps.evaluateAll((all) => all.map((step) => step.getAttribute("data-text")));
  await expect.poll(texts).toEqual(["2+3*4", "2+12", "14"]);
  await expect(steps.locator(".words")).toHaveText(["Start with the expression.", "Multiply: 3*4 = 12.", "Add: 2+12 = 14."]);
  await expect(steps.first().locator("math .next")).toHaveText("3⋅4");
  await expect(page.getByTestId("explain").getByTestId("canonical")).toHaveText("2+3*4");
  await expect(page.getByTestId("explain").getByTestId("key")).toHaveText("tabuada:2:2+3*4");
  await picture(page, "explain");
  await ask(page, "10/(5-5)");
  await expect(steps.last().locator("mark.wrong")).toHaveText("10/0");
  await ask(page, "+".repeat(0) + Array.from({ length: 30 }, (_, k) => k + 1).join("+"));
  await page.getByTestId("more-steps").click();
  await expect(steps).toHaveCount(30);
  await expect(steps.last()).toHaveAttribute("data-text", "465");
  await ask(page, "randint(1, 6)");
  await expect(page.getByTestId("explain").getByTestId("key")).toContainText("not cached");
});

test("the page shows which texts share an answer", async ({ page }) => {
  await ask(page, "2+2");
  const field = page.getByTestId("compare");
  const verdict = page.getByTestId("compared");
  for (const [text, isSame] of /** @type {[string, boolean][]} */ ([
    ["2 + 2", true],
    ["(2)+(2)", true],
    ["0x2+2", true],
    ["2.0+2", false],
    ["4", false],
  ])) {
    await field.fill(text);
    await page.keyboard.press("Enter");
    await expect(verdict).toHaveAttribute("data-same", String(isSame));
    await expect(verdict).toContainText(isSame ? "Yes. Both have the key tabuada:2:2+2" : "No. Its key is tabuada:2:");
  }
  await field.fill("2+");
  await page.keyboard.press("Enter");
  await expect(verdict).toContainText("not finished");
});

test("a reply that comes late is not the verdict on a newer text", async ({ page }) => {
  await ask(page, "2+2");
  const held = await holding(page, ["4"]);
  const field = page.getByTestId("compare");
  const isGivenUp = page.waitForEvent("requestfailed", (request) => new URL(request.url()).searchParams.get("expr") === "4");
  for (const text of ["4", "(2)+2"]) {
    await field.fill(text);
    await page.keyboard.press("Enter");
  }
  await expect(page.getByTestId("compared")).toContainText("Yes.");
  await isGivenUp;
  await held.release("4");
  await expect(page.getByTestId("compared")).toContainText("Yes.");
});

test("a step is a formula, and is copied as text and as LaTeX", async ({ page }) => {
  await ask(page, "(1+√5)/2**3");
  const steps = page.getByTestId("steps").getByRole("listitem");
  // The browser lays the formula out: the numerator stands above the denominator, and the root is higher than its 5.
  const fraction = steps.first().locator("mfrac");
  const [above, below] = [await fraction.locator(":scope > *").nth(0).boundingBox(), await fraction.locator(":scope > *").nth(1).boundingBox()];
  expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual((below?.y ?? 0) + 1);
  const root = await fraction.locator("msqrt").boundingBox();
  const five = await fraction.locator("msqrt mn").boundingBox();
  expect(root?.height ?? 0).toBeGreaterThan((five?.height ?? 0) - 1);
  expect(root?.width ?? 0).toBeGreaterThan(five?.width ?? Infinity);
  await steps.first().getByRole("button", { name: "Text" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("(1+√5)/2**3");
  await steps.first().getByRole("button", { name: "LaTeX" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("\\frac{1+\\sqrt{5}}{2^{3}}");
  await expect(page.locator("#said")).toHaveText("Copied");
  await picture(page, "explain-formula");
});
