// Waiting: for a slow answer, and for a service that is away.

import { ask, expect, test } from "./support.js";

/** @import { Page } from "@playwright/test" */

/**
 * Holds every evaluation back until it is let go.
 *
 * @param {Page} page
 */
async function hold(page) {
  /** @type {() => void} */
  let go = () => {};
  const gone = new Promise((done) => (go = () => done(null)));
  await page.route("**/v1/evaluate**", async (route) => {
    await gone;
    await route.continue().catch(() => {});
  });
  return go;
}

test("a slow answer is awaited in its place, and can be stopped", async ({ page }) => {
  await ask(page, "1+1");
  await expect(page.getByTestId("answer")).toHaveText("2");
  const go = await hold(page);
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await ask(page, "2+2");
  const [busy, stop, result] = [page.getByTestId("busy"), page.getByTestId("stop"), page.locator("#result")];
  await page.clock.runFor(300);
  await expect(busy).toBeHidden();
  await page.clock.runFor(200);
  await expect(busy).toContainText("calculating");
  await expect(result).toHaveAttribute("aria-busy", "true");
  // The old answer is gone.
  await expect(page.getByTestId("answer")).toBeHidden();
  await expect(stop).toBeHidden();
  await page.clock.runFor(4600);
  await expect(stop).toBeVisible();
  const givenUp = page.waitForEvent("requestfailed", (request) => request.url().includes("expr=2%2B2"));
  await stop.click();
  await givenUp;
  await expect(busy).toBeHidden();
  await expect(result).not.toHaveAttribute("aria-busy");
  await expect(page.getByTestId("hints")).toContainText("Stopped");
  go();
  await page.getByTestId("expression").press("Enter");
  await page.clock.resume();
  await expect(page.getByTestId("answer")).toHaveText("4");
});

test("a service that is away is asked again, later and later, and when the browser is online", async ({ browser, service }) => {
  // The browser writes to the console when it reaches nothing, so the console of this page is not checked.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(service.url);
  let asked = 0;
  await page.route("**/v1/evaluate**", (route) => {
    asked += 1;
    return route.abort();
  });
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  /** @type {number[]} */
  const waits = [];
  await page.exposeFunction("noteWait", (/** @type {number} */ wait) => waits.push(wait));
  await page.evaluate(() => {
    const { setTimeout: real } = window;
    window.setTimeout = /** @type {any} */ (
      (/** @type {() => void} */ act, /** @type {number} */ wait) => {
        if (/untilNext/.test(new Error().stack ?? "")) /** @type {any} */ (window).noteWait(wait);
        return real(act, wait);
      }
    );
  });
  await ask(page, "1+1");
  await expect(page.getByTestId("error")).toContainText("reach the server");
  const expected = [1000, 2000, 5000, 10_000, 10_000];
  for (const [attempt, wait] of expected.entries()) {
    await expect.poll(() => waits).toEqual(expected.slice(0, attempt + 1));
    expect(asked).toBe(attempt + 1);
    await page.clock.runFor(wait);
  }
  await expect.poll(() => waits.length).toBe(expected.length + 1);
  await page.unroute("**/v1/evaluate**");
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await expect(page.getByTestId("answer")).toHaveText("2");
  await expect(page.getByTestId("error")).toBeHidden();
  await context.close();
});
