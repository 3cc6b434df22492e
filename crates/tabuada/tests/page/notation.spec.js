// School notation: how the page starts, the switch, how a text was read, two readings, and one decimal sign.

import { ask, expect, picture, test, type, watched } from "./support.js";

test.use({ notation: null });

test.describe("in Portuguese", () => {
  test.use({ locale: "pt-BR" });

  test("the page starts in school notation with a decimal comma", async ({ page }) => {
    await expect(page.getByRole("radiogroup", { name: "Notação" })).toBeVisible();
    await expect(page.getByRole("radio", { name: "Escolar" })).toBeChecked();
    await ask(page, "3,5 + 2^10");
    await expect(page.getByTestId("answer")).toHaveText("1027,5");
    await expect(page.getByTestId("read-as")).toHaveText("li como 3.5+2**10");
    await expect(page.locator("#said")).toHaveText("= 1027,5. li como 3.5+2**10");
    await expect(page.getByTestId("history").getByRole("listitem").first()).toContainText("= 1027,5");
    await picture(page, "notation");
    // Nothing more is said than the text says.
    await ask(page, "2 + 2");
    await expect(page.getByTestId("answer")).toHaveText("4");
    await expect(page.getByTestId("read-as")).toBeHidden();
  });

  test("the shown answer has 15 digits, the exact one is a tap away, and is what is copied", async ({ page }) => {
    await ask(page, "0,1 + 0,2");
    const answer = page.getByTestId("answer");
    await expect(answer).toHaveText("0,3");
    await page.getByTestId("exact").click();
    await expect(answer).toHaveText("0,30000000000000004");
    await page.getByTestId("exact").click();
    await expect(answer).toHaveText("0,3");
    await page.getByTestId("copy").click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("0,30000000000000004");
    // Integers have all their digits.
    await ask(page, "2^100");
    await expect(answer).toHaveText("1267650600228229401496703205376");
    await expect(page.getByTestId("exact")).toBeHidden();
    await page.getByTestId("copy").click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("1267650600228229401496703205376");
    await ask(page, "[0,5; 1,25]");
    await expect(answer).toHaveText("[0,5; 1,25]");
  });

  test("what has two readings is a choice between two buttons, with the value of each", async ({ page }) => {
    await ask(page, "6/2(1+2)");
    const readings = page.getByTestId("reading");
    await expect(readings).toHaveText(["6/2*(1+2)= 9", "6/(2(1+2))= 1"]);
    await expect(page.getByTestId("apply")).toHaveCount(0);
    const boxes = await Promise.all([readings.first().boundingBox(), readings.last().boundingBox()]);
    expect(boxes[0]?.width).toBe(boxes[1]?.width);
    expect(boxes[0]?.height).toBe(boxes[1]?.height);
    await expect(page.locator("#said")).toContainText("6/2*(1+2) ou 6/(2(1+2))");
    await picture(page, "notation-readings");
    await page.keyboard.press("Tab");
    await expect(readings.first()).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(readings.last()).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("expression")).toHaveValue("6/(2(1+2))");
    await expect(page.getByTestId("answer")).toHaveText("1");
    await expect(page.getByTestId("error")).toBeHidden();
  });

  test("the other sign is a setting", async ({ page }) => {
    await page.getByTestId("settings").locator("summary").click();
    await page.getByTestId("decimal-sign").selectOption("point");
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("decimal-sign")).toBeHidden();
    await ask(page, "3.5 + 1");
    await expect(page.getByTestId("answer")).toHaveText("4.5");
    await page.reload();
    await expect(page.getByTestId("answer")).toHaveText("4.5");
    await expect(page.getByTestId("decimal-sign")).toHaveValue("point");
  });
});

test("the page starts in English in school notation with a decimal point", async ({ page }) => {
  await expect(page.getByRole("radio", { name: "School" })).toBeChecked();
  await ask(page, "2^10 + 0.5");
  await expect(page.getByTestId("answer")).toHaveText("1024.5");
  await expect(page.getByTestId("read-as")).toHaveText("read as 2**10+0.5");
});

test("the switch is one tap, kept in the browser and in the address", async ({ page, service }) => {
  await ask(page, "2^3");
  await expect(page.getByTestId("answer")).toHaveText("8");
  await expect(page).toHaveURL(`${service.url}/?expr=2%5E3`);
  await page.getByRole("radio", { name: "Python" }).check();
  await expect(page.getByTestId("answer")).toHaveText("1");
  await expect(page.getByTestId("hints")).toContainText("**");
  await page.getByTestId("expression").press("Enter");
  await expect(page).toHaveURL(`${service.url}/?expr=2%5E3&notation=python`);
  await page.goto(service.url);
  await expect(page.getByRole("radio", { name: "Python" })).toBeChecked();
  // By keyboard, as every group of radio buttons.
  await page.getByRole("radio", { name: "Python" }).focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("radio", { name: "School" })).toBeChecked();
  await type(page, "2^3");
  await expect(page.getByTestId("answer")).toHaveText("8");
});

test("a curve is read in the notation of the page", async ({ page }) => {
  await ask(page, "2x^2 + 1");
  await expect(page.getByTestId("plot-image")).toHaveAttribute("alt", /2x\^2 \+ 1/);
  await expect(page.getByTestId("error")).toBeHidden();
});

test("a link has the same meaning for a reader of another language", async ({ page, browser, service }) => {
  await ask(page, "1.125 * 2");
  await expect(page.getByTestId("answer")).toHaveText("2.25");
  const context = await browser.newContext({ locale: "pt-BR" });
  const other = await context.newPage();
  const isQuiet = watched(other, service);
  await other.goto(page.url());
  await expect(other.getByTestId("answer")).toHaveText("2.25");
  await other.goto(service.url);
  await ask(other, "1,125*2");
  await expect(other.getByTestId("answer")).toHaveText("2,25");
  await expect(other).toHaveURL(`${service.url}/?expr=1%2C125*2&decimal=comma`);
  await page.goto(other.url());
  await expect(page.getByTestId("answer")).toHaveText("2,25");
  isQuiet();
  await context.close();
});
