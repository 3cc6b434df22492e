// The cache in use: where each answer came from, how long it took, how long it stays cached, and the list of entries.

import { ask, coherent, expect, picture, redis, remembered, serve, test, type, watched } from "./support.js";

/** @import { Page } from "@playwright/test" */

/** About 40 ms: more expensive than a lookup in Redis. */
const EXPENSIVE = "sum(k**2, k, 1, 10**5)";

/**
 * The state of each hop, as the page shows it when the line is opened.
 *
 * @param {Page} page
 */
function road(page) {
  return page.getByTestId("road").locator("li").evaluateAll((hops) => hops.map((hop) => hop.getAttribute("data-state")));
}

test("an answer is computed, then cached, and the page shows the time saved", async ({ page }) => {
  const status = page.getByTestId("cache-status");
  const timing = { now: "40" };
  await timed(page, timing);
  await ask(page, EXPENSIVE);
  await expect(status).toHaveAttribute("data-layer", "computed");
  await expect(status).toHaveText("calculated now");
  await expect.poll(() => road(page)).toEqual(["passed", "passed", "missed", "absent", "gave"]);
  await expect(page.getByTestId("ring")).toContainText("about a day");
  await expect(page.getByTestId("trip-faster")).toHaveText("");
  // Another spelling of the same expression.
  timing.now = "0.5";
  await ask(page, "sum( k**2, k, 1, 10**5 )  # again");
  await expect(status).toHaveAttribute("data-layer", "memory");
  await expect.poll(() => road(page)).toEqual(["passed", "passed", "gave", "absent", "skipped"]);
  await expect(page.getByTestId("trip-faster")).toHaveText(/^[\d,]+ times faster$/);
  await expect(page.getByTestId("times").locator("dd")).toHaveCount(2);
  // One line, until a person opens it.
  await expect(page.getByTestId("road")).toBeHidden();
  await page.locator("#trip summary").click();
  await expect(page.getByTestId("road")).toBeVisible();
  await picture(page, "cache-memory");

  await ask(page, "randint(1, 1)");
  await expect(status).toHaveAttribute("data-layer", "bypass");
  await expect.poll(() => road(page)).toEqual(["passed", "passed", "skipped", "absent", "gave"]);
  await expect(page.getByTestId("ring")).toBeHidden();
  await page.unrouteAll({ behavior: "wait" });
});

test("the line is there only where the cache had a part in the answer", async ({ page }) => {
  const line = page.getByTestId("cache-status");
  await ask(page, "6*7");
  await expect(line).toBeVisible();
  // Not while typing, for a text that cannot be read, and for a curve.
  await page.keyboard.type("+1");
  await expect(page.getByTestId("answer")).toHaveText("43");
  await expect(line).toBeHidden();
  for (const text of ["2 +", "x**2"]) {
    await ask(page, text);
    await expect(page.getByTestId("history").getByRole("listitem").first()).toContainText(text);
    await expect(line).toBeHidden();
  }
  // An error that is cached as an answer is.
  await ask(page, "1/0");
  await expect(line).toBeVisible();
});

test("a long calculation says that it is running", async ({ page }) => {
  await page.clock.install();
  /** @type {() => void} */
  let go = () => {};
  const held = new Promise((done) => (go = () => done(null)));
  await page.route(/v1\/evaluate/, async (route) => {
    await held;
    await route.continue();
  });
  await page.getByTestId("expression").fill("6*7");
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.keyboard.press("Enter");
  await page.clock.runFor(300);
  await expect(page.getByTestId("cache-status")).toBeHidden();
  await page.clock.runFor(400);
  await expect(page.getByTestId("cache-status")).toHaveText("calculating…");
  await page.clock.runFor(2000);
  await expect(page.getByTestId("trip-time")).toHaveText("2 s");
  go();
  await expect(page.getByTestId("cache-status")).toHaveText("calculated now");
  await page.unrouteAll({ behavior: "wait" });
});

/**
 * Lets the service say other times, because a test cannot choose how long a computation takes.
 *
 * @param {Page} page
 * @param {{ now: string }} timing in milliseconds
 */
async function timed(page, timing) {
  await page.route(/v1\/evaluate/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "server-timing": `total;dur=${timing.now}` } });
  });
}

test("an answer from memory is compared with its fastest computation", async ({ page, service }) => {
  const [status, faster] = [page.getByTestId("cache-status"), page.getByTestId("trip-faster")];
  const timing = { now: "" };
  await timed(page, timing);
  // The first computation is often the slowest.
  for (const time of ["400", "40", "90"]) {
    timing.now = time;
    await fetch(`${service.url}/v1/cache`, { method: "DELETE" });
    await ask(page, "6*7");
    await expect(status).toHaveAttribute("data-layer", "computed");
    await expect(page.getByTestId("trip-time")).toHaveText(`${time} ms`);
    await expect(page.getByTestId("ring").locator("span")).not.toBeEmpty();
  }
  timing.now = "0.5";
  await page.keyboard.press("Enter");
  await expect(status).toHaveAttribute("data-layer", "memory");
  await expect(faster).toHaveText("80 times faster");
  await expect(page.getByTestId("times").locator("dd").first()).toHaveText("40 ms");
  // Less than a millisecond is not worth a comparison.
  timing.now = "0.9";
  await ask(page, "7*8");
  await expect(status).toHaveAttribute("data-layer", "computed");
  await expect(page.getByTestId("trip-time")).toHaveText("900 µs");
  timing.now = "0.01";
  await page.keyboard.press("Enter");
  await expect(status).toHaveAttribute("data-layer", "memory");
  await expect(faster).toHaveText("");
  await page.unrouteAll({ behavior: "wait" });
});

test("an answer that was removed elsewhere is said to be forgotten", async ({ page, service }) => {
  const status = page.getByTestId("cache-status");
  await page.locator("#remembered-panel summary").click();
  for (const mode of ["python", "exact"]) {
    await page.getByTestId("mode").selectOption(mode);
    await ask(page, "1/3");
    await expect(page.getByTestId("entries").locator("tbody tr [title]")).toContainText(["1/3"]);
    await page.locator("#trip summary").click();
    await expect(page.getByTestId("ring")).toBeVisible();
    await fetch(`${service.url}/v1/cache`, { method: "DELETE" });
    await expect(status).toHaveText("forgotten just now");
    await expect(page.getByTestId("ring")).toBeHidden();
    await expect(page.getByTestId("times")).toHaveText("Enter calculates it again.");
    await expect(page.getByTestId("clear-cache")).toBeDisabled();
    await page.locator("#trip summary").click();
  }
  await page.getByTestId("expression").press("Enter");
  await expect(status).toHaveText("calculated now");
});

test.describe("for a quarter of an hour", () => {
  test.use({ options: ["--ttl", "15m"] });

  test("the ring counts minutes, and seconds only at the end", async ({ page }) => {
    const ring = page.getByTestId("ring");
    await page.clock.install();
    await ask(page, "6*7");
    await expect(ring).toContainText(/ 1[45] minutes/);
    // A slow machine would take part of the time that is left.
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
    // A jump: to run every timer of these minutes takes half a minute.
    await page.clock.fastForward(10 * 60_000);
    await expect(ring).toContainText(/ [45] minutes/);
    // The lifetime varies by 5 %.
    const later = async () => {
      await page.clock.fastForward(10_000);
      return ring.textContent();
    };
    await expect.poll(later).toMatch(/ \d+ seconds/);
  });
});

test("without a first computation there is no comparison", async ({ page, service }) => {
  await fetch(`${service.url}/v1/evaluate?expr=6*7`);
  for (const text of ["6*7", "6 * 7"]) {
    await ask(page, text);
    await expect(page.getByTestId("history").getByRole("listitem").first()).toContainText(text);
    await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "memory");
    await expect(page.getByTestId("times")).toContainText("already remembered the first time you asked");
    await expect(page.getByTestId("times").locator("dd")).toHaveCount(0);
  }
});

test.describe("for a few seconds", () => {
  test.use({ options: ["--ttl", "3s"] });

  test("the ring runs out, and the answer is forgotten", async ({ page }) => {
    await ask(page, "6*7");
    await expect(page.getByTestId("ring")).toContainText(/ \d seconds?/);
    await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "forgotten");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "computed");
  });
});

test.describe("for ever", () => {
  test.use({ options: ["--ttl", "none"] });

  test("the ring shows that it does not run", async ({ page }) => {
    await ask(page, "6*7");
    await expect(page.getByTestId("ring")).toContainText("until space runs out");
  });
});

test("two services share a Redis, and both see changes there", async ({ browser }) => {
  const behind = await redis();
  const nodes = await Promise.all([serve(["--redis", behind.url]), serve(["--redis", behind.url])]);
  await Promise.all(nodes.map(coherent));
  const pages = [];
  for (const node of nodes) {
    const page = await browser.newPage();
    pages.push({ page, isQuiet: watched(page, node) });
    await page.goto(node.url);
  }
  const [one, other] = pages.map(({ page }) => page);
  if (!one || !other) throw new Error("two pages");
  // Repeated if the machine was too busy for Redis to answer either service within 50 ms.
  await expect(async () => {
    behind.cli("flushall");
    await ask(one, EXPENSIVE);
    await expect(one.getByTestId("cache-status")).toHaveAttribute("data-layer", "computed");
    await expect.poll(() => road(one), { timeout: 3000 }).toEqual(["passed", "passed", "missed", "missed", "gave"]);
    expect(behind.cli("keys", "*")).toBe("tabuada:2:sum(k**2,k,1,10**5)");
    await ask(other, EXPENSIVE);
    await expect(other.getByTestId("cache-status")).toHaveAttribute("data-layer", "redis", { timeout: 3000 });
  }).toPass();
  await expect.poll(() => road(other)).toEqual(["passed", "passed", "missed", "gave", "skipped"]);
  await other.locator("#trip summary").click();
  await expect(other.getByTestId("ring")).toBeVisible();
  await picture(other, "cache-redis");
  // Cheap expressions are computed without a lookup.
  await ask(other, "3*4");
  await expect(other.getByTestId("cache-status")).toHaveAttribute("data-layer", "computed");
  await expect.poll(() => road(other)).toEqual(["passed", "passed", "missed", "skipped", "gave"]);

  // A change at the command line becomes visible.
  await one.locator("#remembered-panel summary").click();
  await expect(one.getByTestId("state")).toHaveAttribute("data-state", "coherent");
  await expect(one.getByTestId("entries")).toContainText("sum(k**2,k,1,10**5)");
  behind.cli("flushall");
  await expect(one.getByTestId("entries")).toContainText("The cache is empty");
  await ask(one, EXPENSIVE);
  await expect(one.getByTestId("cache-status")).toHaveAttribute("data-layer", "computed");

  pages.forEach(({ isQuiet }) => isQuiet());
  await Promise.all([...pages.map(({ page }) => page.close()), ...nodes.map((node) => node.stop())]);
  await behind.stop();
});

test("the page shows that the answer was computed for another client", async ({ page }) => {
  // Two clients cannot be made to ask at the same moment, so the test replaces the response.
  await page.route(/remember-me|expr=7\*7/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "cache-status": "tabuada; fwd=uri-miss; collapsed" } });
  });
  await ask(page, "7*7");
  await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "collapsed");
  await expect.poll(() => road(page)).toEqual(["passed", "passed", "missed", "absent", "gave"]);
  // The steps are requested meanwhile and pass through here too. The test waits for them before the service ends.
  await page.unrouteAll({ behavior: "wait" });
});

test("entries are listed live, and removed with a click", async ({ page, service }) => {
  await ask(page, "2**10");
  await ask(page, "2**11");
  await page.getByTestId("mode").selectOption("exact");
  await ask(page, "1/3");
  await page.locator("#remembered-panel summary").click();
  const entries = page.getByTestId("entries").locator("tbody tr");
  await expect(entries).toHaveCount(3);
  await expect(page.getByTestId("entries")).toContainText("exact");
  await expect(entries.first()).toContainText(/\d\d:\d\d:\d\d/);
  // Another client evaluates an expression.
  await fetch(`${service.url}/v1/evaluate?expr=2**12`);
  await expect(entries).toHaveCount(4);
  await picture(page, "cache-remembered");
  await page.locator("#trip summary").click();
  await expect(page.getByTestId("ring")).toBeVisible();
  await page.getByRole("button", { name: "Forget 2**10" }).click();
  await expect(entries).toHaveCount(3);
  // The answer that is shown is another.
  await expect(page.getByTestId("ring")).toBeVisible();
  expect(await remembered(service)).not.toContain("tabuada:2:2**10");
  await page.getByTestId("mode").selectOption("python");
  await ask(page, "2**10");
  await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "computed");
  await page.getByRole("button", { name: "Forget 2**10" }).click();
  await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "forgotten");
  await expect(entries).toHaveCount(3);
  await page.getByTestId("expression").press("Enter");

  await page.getByTestId("clear-cache").click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(entries).toHaveCount(4);
  await page.getByTestId("clear-cache").click();
  await page.getByRole("dialog").getByTestId("yes").click();
  await expect(page.getByTestId("entries")).toContainText("The cache is empty");
  expect(await remembered(service)).toEqual([]);
});

test.describe("with a token", () => {
  test.use({ variables: { TABUADA_ADMIN_TOKEN: "a-secret-of-the-test" } });

  test("the operator's view asks for the token", async ({ page, service }) => {
    await fetch(`${service.url}/v1/evaluate?expr=111*111`);
    await page.locator("#remembered-panel summary").click();
    await expect(page.getByTestId("token")).toBeVisible();
    await page.getByTestId("token").fill("a guess");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toContainText("Wrong token");
    await expect(page.locator("body")).not.toContainText("111*111");
    await page.getByTestId("token").fill("a-secret-of-the-test");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("entries")).toContainText("111*111");
    // Stored for this visit, and nowhere else.
    await page.reload();
    await expect(page.getByTestId("entries")).toContainText("111*111");
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
  });
});

test("half-typed expressions are never cached", async ({ page, service }) => {
  await type(page, "123456*2");
  await expect(page.getByTestId("answer")).toHaveText("246912");
  await expect(page.getByTestId("cache-status")).toBeHidden();
  await expect(page.getByTestId("ring")).toBeHidden();
  expect(await remembered(service)).toEqual([]);
  // The same for a question that is too long for an address and is sent in a body.
  const asked = page.waitForRequest((request) => request.method() === "POST");
  await page.getByTestId("expression").fill(`${"1+".repeat(3000)}1`);
  await asked;
  await expect(page.getByTestId("answer")).toHaveText("3001");
  expect(await remembered(service)).toEqual([]);
});
