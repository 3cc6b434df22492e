// The address is the state: back, reload, a bookmark and a copied link agree.

import { ask, expect, test, type } from "./support.js";

test.use({ notation: null });

test("Enter makes an entry of the browser's history, typing none", async ({ page, service }) => {
  const entries = () => page.evaluate(() => history.length);
  const before = await entries();
  await type(page, "1+1");
  await expect(page.getByTestId("answer")).toHaveText("2");
  await expect(page).toHaveURL(`${service.url}/`);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${service.url}/?expr=1%2B1`);
  await page.keyboard.press("Enter");
  await ask(page, "2+2");
  await expect(page).toHaveURL(`${service.url}/?expr=2%2B2`);
  // The same text again is the same entry.
  expect(await entries()).toBe(before + 2);
  await page.goBack();
  await expect(page.getByTestId("expression")).toHaveValue("1+1");
  await expect(page.getByTestId("answer")).toHaveText("2");
  await page.goForward();
  await expect(page.getByTestId("answer")).toHaveText("4");
  await page.reload();
  await expect(page.getByTestId("expression")).toHaveValue("2+2");
  await expect(page.getByTestId("answer")).toHaveText("4");
  await page.getByTestId("share").click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
  await page.goBack();
  await page.goBack();
  await expect(page.getByTestId("expression")).toHaveValue("");
  await expect(page.locator("#welcome")).toBeVisible();
});

test("the mode is in the address, and what it does not name is the default", async ({ page, service }) => {
  await page.getByTestId("mode").selectOption("decimal");
  await page.getByTestId("digits").fill("20");
  await ask(page, "1/3");
  await expect(page).toHaveURL(`${service.url}/?expr=1%2F3&mode=decimal%3A20`);
  await page.goto(`${service.url}/?expr=1%2F3`);
  await expect(page.getByTestId("answer")).toHaveText("0.333333333333333");
  await expect(page.getByTestId("mode")).toHaveValue("python");
});

test("a sign that was not encoded in a link is explained", async ({ page, service }) => {
  await page.goto(`${service.url}/?expr=2+2`);
  await expect(page.getByTestId("expression")).toHaveValue("2 2");
  await expect(page.getByTestId("error")).toContainText("%2B");
  await ask(page, "2 2");
  await expect(page.getByTestId("error")).not.toContainText("%2B");
});

test("an address with an unknown mode or notation says so", async ({ page, service }) => {
  for (const [name, known] of /** @type {const} */ ([["mode", "decimal:N"], ["notation", "school"]])) {
    await page.goto(`${service.url}/?expr=2%2B2&${name}=nonsense`);
    await expect(page.getByTestId("error")).toContainText(known);
    await expect(page.getByTestId("answer")).toBeHidden();
  }
  await page.getByRole("radio", { name: "School" }).check();
  await expect(page.getByTestId("answer")).toHaveText("4");
});
