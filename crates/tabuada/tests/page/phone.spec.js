// What students type on a phone, in Portuguese, and what they want, each without a tap. The expected values come from the
// rules of school notation (docs/notation.md) and from arithmetic. Groups of digits are a matter of style, so 1.024 is
// the text 1024: typed again, `1.024` would have two readings.

import { ask, expect, picture, test } from "./support.js";

test.use({ notation: null, locale: "pt-BR", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

const VALUES = {
  "2^10": "1024",
  "√16": "4",
  "5!": "120",
  "|−3|": "3",
  "−5 + 3": "-2",
  "½ + ¼": "0,75",
  "3/4 + 1/2": "1,25",
  "2 × 3 ÷ 4": "1,5",
  "10 ÷ 3": "3,33333333333333",
  "2**0.5": "1,4142135623731",
  "7 mod 3": "1",
  pi: "3,14159265358979",
  "ln(e)": "1",
  "3,5 + 1": "4,5",
  "1.000,50 + 2": "1002,5",
  "0,1+0,2": "0,3",
  "10% de 200": "20",
  "200 + 10%": "220",
  "2+2=": "4",
  "raiz de 2": "1,4142135623731",
  "raiz(2)": "1,4142135623731",
  "raiz cúbica de 27": "3",
  "∛27": "3",
  "2 elevado a 3": "8",
  "mdc(12,18)": "6",
  "mmc(4,6)": "12",
  "log(100)": "2",
  "sen(30°)": "0,5",
  "tg(45°)": "1",
  "cos π": "-1",
  "a=2; a+1": "3",
};

test("a value", async ({ page }) => {
  for (const [text, value] of Object.entries(VALUES)) {
    await ask(page, text);
    await expect(page.getByTestId("answer"), text).toHaveText(value);
    await expect(page.locator("#result"), text).toHaveAttribute("data-state", "final");
    await expect(page.getByTestId("hints"), text).toBeHidden();
  }
});

test("an angle without a unit is in radians, and the hint stands above the number", async ({ page }) => {
  for (const text of ["sen(30)", "sen 30"]) {
    await ask(page, text);
    await expect(page.getByTestId("answer")).toHaveText(/^-0,98803162409286/);
    await expect(page.getByTestId("hints")).toContainText(/radianos/);
    await expect(page.getByTestId("hints")).toContainText(/30°/);
  }
  await picture(page, "phone-radians");
});

test("a curve", async ({ page }) => {
  for (const text of ["2x+1", "x²"]) {
    await ask(page, text);
    await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", new RegExp(text.replace("+", "\\+")));
    await expect(page.getByTestId("error")).toBeHidden();
  }
});

test("a definition and its curve", async ({ page }) => {
  await ask(page, "f(x)=x^2");
  await expect(page.getByTestId("answer")).toHaveText("f(x) = x² definida");
  await expect(page.getByTestId("plot-image")).toBeInViewport();
  await picture(page, "phone-definition");
});

test("an equation", async ({ page }) => {
  for (const [text, roots] of /** @type {const} */ ([["x^2-4=0", "[-2; 2]"], ["2x+1=5", "2"]])) {
    await ask(page, text);
    await expect(page.getByTestId("hints")).toContainText("equação");
    await expect(page.getByTestId("error")).toBeHidden();
    await picture(page, "phone-equation");
    await page.getByTestId("hints").getByRole("button").first().click();
    await expect(page.getByTestId("answer")).toHaveText(roots);
    await ask(page, text);
    await page.getByTestId("hints").getByRole("button").last().click();
    await expect(page.getByTestId("plot-image")).toBeVisible();
  }
});

test("two readings", async ({ page }) => {
  await ask(page, "média(1,2,3)");
  await expect(page.getByTestId("reading")).toHaveCount(2);
});

test("what has no value is told in a sentence, with a fix where there is one", async ({ page }) => {
  await ask(page, "1/0");
  await expect(page.getByTestId("error")).toContainText(/divisão por zero/i);
  for (const [text, value] of /** @type {const} */ ([
    ["R$ 10,00 * 3", "30"],
    ["10 reais", null],
    ["metade de 10", "5"],
    ["20% off 50", "40"],
    ["dois mais dois", null],
    ["5 km em m", null],
  ])) {
    await ask(page, text);
    await expect(page.getByTestId("error"), text).toBeVisible();
    if (value === null) continue;
    await page.getByTestId("apply").first().click();
    await expect(page.getByTestId("answer"), text).toHaveText(value);
  }
});
