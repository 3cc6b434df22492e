// The history of this browser, and links to an evaluation.

import { readFileSync } from "node:fs";

import { ask, expect, picture, test, watched } from "./support.js";

test("the history is searched, used again, saved and cleared", async ({ page, service }) => {
  const items = page.getByTestId("history").getByRole("listitem");
  for (const text of ["2**10", "'a,\"b'", "1/0", "-3+2", "=1+1"]) {
    await ask(page, text);
    await expect(items.first()).toContainText(text);
  }
  await expect(items).toHaveCount(5);
  await page.reload();
  await expect(items).toHaveCount(5);
  await page.getByTestId("history-search").fill("1024");
  await expect(items).toHaveCount(1);
  await items.first().getByRole("button").click();
  await expect(page.getByTestId("expression")).toHaveValue("2**10");
  await expect(page.getByTestId("answer")).toHaveText("1024");
  await page.getByTestId("history-search").fill("nothing of the kind");
  await expect(page.getByText("No matches.")).toBeVisible();
  await page.getByTestId("history-search").fill("");
  await picture(page, "history");

  const saved = page.waitForEvent("download");
  await page.getByTestId("history-export").click();
  const lines = readFileSync(String(await (await saved).path()), "utf8").replace(/^\ufeff/, "").split("\r\n");
  expect(lines[0]).toBe("time,expression,number format,answer,error,source,duration (ms)");
  // Quotes are doubled (RFC 4180). An invalid expression that a spreadsheet would run is made text.
  expect(lines.slice(1).map((line) => line.replace(/^[^,]*,/, "").replace(/,[^,]*,[\d.]+$/, "")).slice(0, 5)).toEqual([
    "2**10,python,1024,",
    `"'a,""b'",python,"'a,""b'",`,
    `1/0,python,,division by zero`,
    "-3+2,python,-1,",
    expect.stringMatching(/^'=1\+1,python,,/),
  ]);

  await page.getByTestId("history-clear").click();
  await page.getByTestId("confirm").getByTestId("yes").click();
  await expect(items).toHaveCount(0);
  // The address still has the last expression.
  await page.goto(service.url);
  await expect(items).toHaveCount(0);
});

test("up and down move through the history", async ({ page }) => {
  const field = page.getByTestId("expression");
  for (const text of ["1+1", "2+2", "3+3"]) {
    await ask(page, text);
    await expect(page.getByTestId("history").getByRole("listitem").first()).toContainText(text);
  }
  await field.fill("4+");
  await field.focus();
  for (const text of ["3+3", "2+2", "1+1", "1+1"]) {
    await page.keyboard.press("ArrowUp");
    await expect(field).toHaveValue(text);
  }
  for (const text of ["2+2", "3+3", "4+", "4+"]) {
    await page.keyboard.press("ArrowDown");
    await expect(field).toHaveValue(text);
  }
});

test("a link opens an expression", async ({ page, service }) => {
  await page.getByTestId("mode").selectOption("exact");
  await ask(page, "1/3 + 1/6 & more");
  await ask(page, "1/3 + 1/6");
  await expect(page.getByTestId("answer")).toHaveText("1/2");
  await page.getByTestId("share").click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  // A blank is not `+`, which would look like a sign that was not encoded.
  expect(link).toBe(`${service.url}/?expr=1%2F3%20%2B%201%2F6&notation=python&mode=exact`);
  const other = await page.context().browser()?.newPage();
  if (!other) throw new Error("a browser");
  const isQuiet = watched(other, service);
  await other.goto(link);
  await expect(other.getByTestId("expression")).toHaveValue("1/3 + 1/6");
  await expect(other.getByTestId("answer")).toHaveText("1/2");
  await expect(other.getByTestId("mode")).toHaveValue("exact");
  isQuiet();
  await other.close();
});
