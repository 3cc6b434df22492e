// The page behind a proxy that serves it below a path.

import { ask, below, expect, test, watched } from "./support.js";

test("the page and its documentation work below a folder", async ({ service, browser }) => {
  const proxied = await below(service);
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const isQuiet = watched(page, proxied);
  await page.goto(`${proxied.url}/`);
  await ask(page, "2+2");
  await expect(page.getByTestId("answer")).toHaveText("4");
  await page.getByTestId("share").click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${proxied.url}/?expr=2%2B2`);
  await page.reload();
  isQuiet();

  const documentation = await context.newPage();
  await documentation.goto(`${proxied.url}/docs#/operation/live`);
  await documentation.getByRole("button", { name: "Execute" }).click();
  await expect(documentation.locator(".request-url pre")).toHaveText(`${proxied.url}/health/live`);
  await expect(documentation.locator(".live-responses-table .response-col_status").last()).toContainText("200");
  await documentation.goto(`${proxied.url}/redoc`);
  await expect(documentation.getByRole("heading", { name: "Tabuada" }).first()).toBeVisible();
  await context.close();
  await proxied.stop();
});
