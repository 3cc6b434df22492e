// Definitions that live on in the tab, `ans`, curves of other names, and equations.

import { ask, expect, holding, picture, test, watched } from "./support.js";

test.use({ notation: null });

test("a function is defined, drawn, listed and used", async ({ page, service }) => {
  const chips = page.getByTestId("definitions").getByRole("listitem");
  await ask(page, "f(x) = x^2");
  await expect(page.getByTestId("answer")).toHaveText("f(x) = x² defined");
  await expect(page.locator("#said")).toHaveText("f(x) = x² defined");
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /x from −10 to 10/);
  await expect(chips).toHaveText(["f(x) = x²×"]);
  await ask(page, "a = 2");
  await expect(page.getByTestId("answer")).toHaveText("a = 2 defined");
  await expect(page.locator("body")).not.toContainText("None");
  await ask(page, "f(3) + a");
  await expect(page.getByTestId("answer")).toHaveText("11");
  await expect(page.getByTestId("read-as")).toBeHidden();
  // A curve may use them.
  await ask(page, "f(x) - a");
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /f\(x\) - a/);
  await picture(page, "definitions");
  // What does not use them is the same question as ever.
  const asked = page.waitForRequest((request) => new URL(request.url()).searchParams.get("expr") === "2+2");
  await ask(page, "2+2");
  await asked;
  await page.reload();
  await expect(chips).toHaveText(["f(x) = x²×", "a = 2×"]);
  // Of a new value, what uses the name follows.
  await ask(page, "b = 10a");
  // What is typed next would end it.
  await expect(page.getByTestId("answer")).toHaveText("b = 20 defined");
  await ask(page, "a = a + 1");
  await expect(page.getByTestId("answer")).toHaveText("a = 3 defined");
  await ask(page, "b");
  await expect(page.getByTestId("answer")).toHaveText("30");
  await page.getByRole("button", { name: "Remove b" }).click();
  await expect(chips).toHaveCount(2);

  await ask(page, "f(2) * a");
  await expect(page.getByTestId("answer")).toHaveText("12");
  const other = await page.context().browser()?.newPage();
  if (!other) throw new Error("a browser");
  const isQuiet = watched(other, service);
  await other.goto(page.url());
  await expect(other.getByTestId("answer")).toHaveText("12");
  await expect(other.getByTestId("definitions").getByRole("listitem")).toHaveCount(2);
  isQuiet();
  await other.close();

  await page.getByTestId("history-clear").click();
  await page.getByTestId("yes").click();
  await expect(chips).toHaveCount(0);
  await ask(page, "f(2)");
  await expect(page.getByTestId("error")).toContainText("f");
});

test("what is typed before the reply to a definition uses it, and so does ans", async ({ page }) => {
  const held = await holding(page, ["a = 2", "1/4"]);
  await ask(page, "a = 2");
  await ask(page, "a + 3");
  await held.release("a = 2");
  await expect(page.getByTestId("answer")).toHaveText("5");
  await expect(page.getByTestId("definitions").getByRole("listitem")).toHaveText(["a = 2×"]);
  await ask(page, "1/4");
  await ask(page, "8 ans");
  await held.release("1/4");
  await expect(page.getByTestId("answer")).toHaveText("2");
  await expect(page.getByTestId("history").getByRole("listitem")).toHaveCount(4);
});

test("problems are about the text, not about what is sent in front of it", async ({ page }) => {
  await ask(page, "a = 2");
  await ask(page, "a + sqr(16)");
  await expect(page.locator("#marks mark")).toHaveText("sqr");
  await page.getByTestId("apply").click();
  await expect(page.getByTestId("expression")).toHaveValue("a + sqrt(16)");
  await expect(page.getByTestId("answer")).toHaveText("6");
  await ask(page, "6/2(1+a)");
  await page.getByTestId("reading").first().click();
  await expect(page.getByTestId("expression")).toHaveValue("6/2*(1+a)");
  await expect(page.getByTestId("answer")).toHaveText("9");
  // A definition whose own part is gone says so.
  await ask(page, "g(x) = a x");
  await page.getByRole("button", { name: "Remove a" }).click();
  await ask(page, "g(1)");
  await expect(page.getByTestId("error")).toContainText(/g\(x\) = a x.*a/);
  await expect(page.locator("#marks mark")).toHaveCount(0);
});

test("ans is the last answer, and an operator at the beginning continues from it", async ({ page }) => {
  await page.getByTestId("expression").pressSequentially("+");
  await expect(page.getByTestId("expression")).toHaveValue("+");
  await ask(page, "1/3");
  await expect(page.getByTestId("answer")).toHaveText("0.333333333333333");
  await ask(page, "*3");
  await expect(page.getByTestId("expression")).toHaveValue("ans*3");
  // The exact value, not the shown one.
  await expect(page.getByTestId("answer")).toHaveText("1");
  await ask(page, "2^ans + ans");
  await expect(page.getByTestId("answer")).toHaveText("3");
  await expect(page.getByTestId("definitions")).toBeHidden();
  // A sign belongs to its number.
  await ask(page, "-5 + 3");
  await expect(page.getByTestId("answer")).toHaveText("-2");
});

test("another letter is drawn on request, and y = … at once", async ({ page }) => {
  await ask(page, "sin(t)");
  const hints = page.getByTestId("hints");
  await expect(hints).toContainText("t has no value");
  await expect(page.getByTestId("error")).toBeHidden();
  await hints.getByRole("button", { name: "Graph it as a function of t" }).click();
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /sin\(t\)/);
  await ask(page, "y = 2x + 1");
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /2x \+ 1/);
  await expect(page.getByTestId("hints")).toContainText("A function of x");
});
