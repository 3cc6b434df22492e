// The field: the page answers what is typed, readable and exact, or shows the error and the fixes.

import { ask, expect, picture, remembered, test, type } from "./support.js";

test("the answer appears while typing, and is cached on Enter", async ({ page, service }) => {
  await expect(page.getByTestId("expression")).toBeFocused();
  await type(page, "2+2");
  await expect(page.getByTestId("answer")).toHaveText("4");
  await expect(page.getByTestId("history").getByRole("listitem")).toHaveCount(0);
  expect(await remembered(service)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("history").getByRole("listitem")).toHaveCount(1);
  await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "computed");
  expect(await remembered(service)).toEqual(["tabuada:2:2+2"]);
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("cache-status")).toHaveAttribute("data-layer", "memory");
  await expect(page.getByTestId("history").getByRole("listitem")).toHaveCount(1);
});

test("an earlier request is aborted", async ({ page }) => {
  /** @type {(() => void)[]} */
  const held = [];
  await page.route(/expr=1%2B1&/, async (route) => {
    await new Promise((go) => held.push(() => go(null)));
    await route.continue().catch(() => {});
  });
  const givenUp = page.waitForEvent("requestfailed", (request) => request.url().includes("expr=1%2B1&"));
  await page.clock.install();
  await type(page, "1+1");
  await expect.poll(() => held.length).toBe(1);
  // At once, and not after the pause in typing: the clock is stopped.
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.keyboard.type("0");
  await givenUp;
  await page.clock.resume();
  await expect(page.getByTestId("answer")).toHaveText("11");
  held.forEach((go) => go());
  await expect(page.getByTestId("answer")).toHaveText("11");
});

test("Enter aborts the preview", async ({ page }) => {
  /** @type {(() => void)[]} */
  const held = [];
  await page.route(/expr=1%2B1&/, async (route) => {
    if (held.length === 0) await new Promise((go) => held.push(() => go(null)));
    await route.continue().catch(() => {});
  });
  const givenUp = page.waitForEvent("requestfailed", (request) => request.url().includes("expr=1%2B1&"));
  await type(page, "1+1");
  await expect.poll(() => held.length).toBe(1);
  await page.keyboard.press("Enter");
  await givenUp;
  await expect(page.getByTestId("answer")).toHaveText("2");
  held.forEach((go) => go());
});

/** @param {number} n */
function factorial(n) {
  let product = 1n;
  for (let k = 2n; k <= BigInt(n); k += 1n) product *= k;
  return String(product);
}

test("a large number is in groups, and copied exactly", async ({ page }) => {
  const answer = page.getByTestId("answer");
  await ask(page, "2**100");
  await expect(answer).toHaveText("1267650600228229401496703205376");
  await expect(answer.locator(".digits").first()).toHaveText("1");
  await expect(answer.locator(".digits").nth(1)).toHaveText("267");
  // A person who selects the answer gets the number without separators.
  await answer.selectText();
  await page.keyboard.press("Control+c");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("1267650600228229401496703205376");
  const isGrouped = async (/** @type {boolean} */ wanted) => {
    await page.getByTestId("settings").locator("summary").click();
    await page.getByTestId("grouped").setChecked(wanted);
    await page.keyboard.press("Escape");
  };
  await isGrouped(false);
  await expect(answer.locator(".digits")).toHaveCount(0);
  await isGrouped(true);

  await ask(page, "factorial(1000)");
  await expect(page.getByText("2,568 digits")).toBeVisible();
  await page.getByTestId("copy").click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(factorial(1000));
  await expect(answer).toHaveText(factorial(1000));
  const height = async () => (await answer.boundingBox())?.height ?? 0;
  const some = await height();
  await page.getByTestId("whole").click();
  expect(await height()).toBeGreaterThan(1.5 * some);
  await page.getByTestId("whole").click();
  expect(await height()).toBe(some);

  await ask(page, "[10000, 0.30000000000000004, -12345678]");
  await expect(answer).toHaveText("[10000, 0.30000000000000004, -12345678]");
  expect(await answer.locator(".digits").allTextContents()).toEqual([
    ..."10,000,300,000,000,000,000,04".split(","),
    ..."12,345,678".split(","),
  ]);
  await ask(page, "'1234567'");
  await expect(answer.locator(".digits")).toHaveCount(0);
});

test("an error is marked, and its fix is a button", async ({ page }) => {
  await ask(page, "1 + sqr(2)");
  await expect(page.getByTestId("error")).toContainText("'sqr' is not defined");
  await expect(page.locator("#marks mark")).toHaveText("sqr");
  await expect(page.getByTestId("expression")).toHaveAttribute("aria-invalid", "true");
  const isUnder = await page.evaluate(() => {
    const mark = document.querySelector("#marks mark")?.getBoundingClientRect();
    const field = document.querySelector("#expression")?.getBoundingClientRect();
    return Boolean(mark && field && mark.left > field.left + 40 && mark.right < field.right && mark.bottom <= field.bottom);
  });
  expect(isUnder).toBe(true);
  await picture(page, "calculate-error");
  await page.getByTestId("apply").click();
  await expect(page.getByTestId("expression")).toHaveValue("1 + sqrt(2)");
  await expect(page.getByTestId("answer")).toHaveText("2.414213562373095");
  await expect(page.locator("#marks mark")).toHaveCount(0);

  // Positions count characters, not UTF-16 code units.
  await ask(page, "'😀𝟙' + sqr(2)");
  await expect(page.locator("#marks mark")).toHaveText("sqr");
  // The mark of something missing is between characters.
  await ask(page, "2 + ");
  await expect(page.getByTestId("error")).toHaveText("The expression is not finished: a number, a name or a parenthesis must follow.");
  await expect(page.locator("#marks mark.place")).toHaveText("");
  await ask(page, "2^10");
  await expect(page.getByTestId("answer")).toHaveText("8");
  await expect(page.getByTestId("hints")).toContainText("**");
  await expect(page.locator("#marks mark.doubtful")).toHaveText("^");
  await page.getByTestId("hints").getByTestId("apply").click();
  await expect(page.getByTestId("answer")).toHaveText("1024");
});

test("a hint is shown above the number, announced after it, and applied by a button", async ({ page }) => {
  const [hints, answer, said] = [page.getByTestId("hints"), page.getByTestId("answer"), page.locator("#said")];
  await ask(page, "2^10");
  await expect(answer).toHaveText("8");
  const bottom = await hints.boundingBox().then((box) => (box ? box.y + box.height : Infinity));
  expect(bottom).toBeLessThanOrEqual((await answer.boundingBox())?.y ?? 0);
  // In the order of the document it comes first too.
  const isFirst = await page.evaluate(() => {
    const [hint, number] = ["hints", "answer"].map((id) => document.getElementById(id));
    return Boolean(hint && number && hint.compareDocumentPosition(number) & Node.DOCUMENT_POSITION_FOLLOWING);
  });
  expect(isFirst).toBe(true);
  await expect(said).toHaveText(/^= 8\. Hint: .*\*\*\. Use 2\*\*10$/);
  await picture(page, "calculate-hint");
  await hints.getByTestId("apply").click();
  await expect(page.getByTestId("expression")).toHaveValue("2**10");
  await expect(answer).toHaveText("1024");
  await expect(hints).toBeHidden();
  await expect(said).toHaveText("= 1024");
  await ask(page, "sqr(2)");
  await expect(said).toHaveText(/\. Use sqrt\(2\)$/);
  await page.getByTestId("language").selectOption("pt-BR");
  await ask(page, "2^3");
  await expect(said).toHaveText(/^= 1\. Dica: .*\. Usar 2\*\*3$/);
});

test("each of several fixes has its button", async ({ page }) => {
  await ask(page, "1,000*2");
  await expect(page.getByTestId("answer")).toHaveText("(1, 0)");
  const readings = page.getByTestId("hints").getByTestId("apply");
  await expect(readings).toHaveText(["Use 1000*2", "Use 1.000*2"]);
  await expect(page.locator("#said")).toHaveText(/^= \(1, 0\)\. Hint: .*\. Use 1000\*2 or 1\.000\*2$/);
  await picture(page, "calculate-readings");
  await readings.nth(1).click();
  await expect(page.getByTestId("answer")).toHaveText("2.0");

  await ask(page, "200 + 10%");
  const fixes = page.getByTestId("error").getByTestId("apply");
  await expect(fixes).toHaveText(["Use 200*(1+10/100)", "Use 200 + 10/100"]);
  await expect(page.locator("#said")).toHaveText(/\. Use 200\*\(1\+10\/100\) or 200 \+ 10\/100$/);
  await fixes.nth(1).click();
  await expect(page.getByTestId("answer")).toHaveText("200.1");
});

test("numbers beyond a double are shown and copied exactly", async ({ page }) => {
  const answer = page.getByTestId("answer");
  const copied = async () => {
    await page.getByTestId("copy").click();
    await expect(page.locator("#said")).toHaveText("Copied");
    return page.evaluate(() => navigator.clipboard.readText());
  };
  for (const [text, value] of /** @type {const} */ ([
    ["2**64", "18446744073709551616"],
    ["2**53 + 1", "9007199254740993"],
    ["[-2**64, 1]", "[-18446744073709551616, 1]"],
  ])) {
    await ask(page, text);
    await expect(answer).toHaveText(value);
    expect(await copied()).toBe(value);
  }
  await expect(page.getByTestId("history")).toContainText("18446744073709551616");
  await page.getByTestId("mode").selectOption("decimal");
  await page.getByTestId("digits").fill("28");
  await ask(page, "1/3");
  await expect(answer).toHaveText("0.3333333333333333333333333333");
  expect(await copied()).toBe("0.3333333333333333333333333333");
  await expect(page.locator("#type")).toHaveText("decimal");
});

test("names that arrive late are offered for what has been typed", async ({ page }) => {
  /** @type {() => void} */
  let release = () => {};
  const released = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route("**/v1/functions", async (route) => {
    await released;
    await route.continue();
  });
  await page.reload();
  await type(page, "1+facto");
  await expect(page.getByRole("listbox")).toBeHidden();
  release();
  await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(2);
});

test("names are completed, with their documentation", async ({ page }) => {
  const names = page.getByRole("listbox");
  const field = page.getByTestId("expression");
  await type(page, "1+f");
  await expect(names).toBeHidden();
  await page.keyboard.type("acto");
  await expect(names.getByRole("option")).toHaveCount(2);
  await expect(names.getByRole("option").nth(1)).toContainText("factorial(n)");
  await expect(names.getByRole("option").nth(1)).toContainText("also written n!");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(names.getByRole("option", { selected: true })).toContainText("factorial");
  await expect(field).toHaveAttribute("aria-activedescendant", "name-1");
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("1+factorial(");
  await expect(names).toBeHidden();
  await expect(page.locator("#call")).toContainText("factorial(n)");
  await page.keyboard.type("5)");
  await expect(page.getByTestId("answer")).toHaveText("121");
  // It can be undone.
  await page.keyboard.press("Control+z");
  await expect(field).not.toHaveValue("1+factorial(5)");

  // Enter evaluates the text, unless a name is selected; Tab takes the first name.
  await type(page, "pi*sq");
  await expect(names).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(field).toHaveValue("pi*sqrt(");
  await type(page, "ta");
  await expect(names).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(names).toBeHidden();
  await page.keyboard.press("Control+ ");
  await expect(names).toBeVisible();
  await names.getByRole("option").first().click();
  await expect(field).not.toHaveValue("ta");
  await expect(field).toBeFocused();
  await type(page, "round(2.567, ");
  await expect(page.locator("#call u")).toContainText("ndigits");
  // Not in the middle of a string.
  await type(page, "'fact");
  await expect(names).toBeHidden();
});

test("the number mode can be chosen", async ({ page }) => {
  await expect(page.getByTestId("digits")).toBeHidden();
  await type(page, "1/3 + 1/6");
  await expect(page.getByTestId("answer")).toHaveText("0.5");
  await page.getByTestId("mode").selectOption("exact");
  await expect(page.getByTestId("answer")).toHaveText("1/2");
  await page.getByTestId("mode").selectOption("decimal");
  await page.getByTestId("digits").fill("20");
  await ask(page, "pi");
  await expect(page.getByTestId("answer")).toHaveText("3.1415926535897932385");
  await page.reload();
  await expect(page.getByTestId("mode")).toHaveValue("decimal");
  await expect(page.getByTestId("digits")).toHaveValue("20");
});

test.describe("in Portuguese", () => {
  test.use({ locale: "pt-BR" });

  const WORDS = [
    ["sen", "sin", "Seno"],
    ["raiz", "sqrt", "Raiz quadrada"],
    ["tg", "tan", "Tangente"],
    ["mdc", "gcd", "Máximo divisor comum"],
    ["mmc", "lcm", "Mínimo múltiplo comum"],
    ["fatorial", "factorial", "n!"],
    ["média", "mean", "Média aritmética"],
  ];

  for (const notation of ["school", "python"]) {
    test(`the words of school are offered and written in ${notation} notation`, async ({ page }) => {
      await page.evaluate((name) => localStorage.setItem("tabuada.notation", name), notation);
      await page.reload();
      const first = page.getByRole("listbox").getByRole("option").first();
      for (const [word = "", python = "", help = ""] of WORDS) {
        // Neither the whole word is needed nor its accents.
        await type(page, `2+${word.slice(0, -1).replace("é", "e")}`);
        await page.keyboard.press("Control+ ");
        await expect(first).toContainText(notation === "school" ? `${word}(` : `${word} → ${python}(`);
        await expect(first).toContainText(help, { ignoreCase: true });
        await page.keyboard.press("Tab");
        await expect(page.getByTestId("expression")).toHaveValue(`2+${notation === "school" ? word : python}(`);
        await expect(page.locator("#call")).toContainText(help, { ignoreCase: true });
      }
      // At school, log has base 10 and ln has none to choose.
      await type(page, "log");
      await page.keyboard.press("Control+ ");
      const log = page.getByRole("option").filter({ hasText: /^log\(/ });
      await expect(log).toContainText(notation === "school" ? "base 10" : "logaritmo natural");
    });
  }

  test("with a decimal comma a semicolon separates, and a comma before a blank", async ({ page }) => {
    await page.evaluate(() => {
      localStorage.setItem("tabuada.notation", "school");
      localStorage.setItem("tabuada.decimal", "comma");
    });
    await page.reload();
    await type(page, "combinação(3,5");
    await expect(page.locator("#call")).toContainText("combinação(n; k)");
    await expect(page.locator("#call u")).toHaveText("n");
    await type(page, "combinação(3,5; 2");
    await expect(page.locator("#call u")).toHaveText("k");
    await type(page, "combinação(3, 2");
    await expect(page.locator("#call u")).toHaveText("k");
  });
});

test("names of one's own are offered", async ({ page }) => {
  await ask(page, "dobro(n) @= 2*n");
  await expect(page.getByTestId("definitions")).toContainText("dobro");
  await type(page, "1+do");
  await page.keyboard.press("Control+ ");
  const names = page.getByRole("listbox").getByRole("option");
  await expect(names.first()).toContainText("dobro(n)");
  await page.keyboard.press("Tab");
  await expect(page.getByTestId("expression")).toHaveValue("1+dobro(");
  await page.keyboard.type("4)");
  await expect(page.getByTestId("answer")).toHaveText("9");
});

test("a screen reader hears how many names are offered", async ({ page }) => {
  // Repeated until the names have come.
  await expect(async () => {
    await type(page, "facto");
    await expect(page.getByRole("status").filter({ hasText: "2 suggestions" })).toBeAttached({ timeout: 2000 });
  }).toPass();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("status").filter({ hasText: "suggestion" })).toHaveCount(0);
});

test("a number of digits out of range is refused, and stays as it was typed", async ({ page }) => {
  const digits = page.getByTestId("digits");
  await type(page, "1/3");
  await page.getByTestId("mode").selectOption("decimal");
  await expect(page.getByTestId("answer")).toHaveText(`0.${"3".repeat(50)}`);
  for (const text of ["-5", "0", "1001", "99999", "2.5", ""]) {
    await digits.fill(text);
    await expect(page.getByTestId("error")).toContainText("from 1 to 1000");
    await expect(digits).toHaveAttribute("aria-invalid", "true");
    await expect(digits).toHaveValue(text);
  }
  await digits.fill("7");
  await expect(page.getByTestId("answer")).toHaveText("0.3333333");
  await expect(digits).toHaveAttribute("aria-invalid", "false");
  // The next visit has the last number that was right.
  await digits.fill("0");
  await expect(page.getByTestId("error")).toBeVisible();
  await page.reload();
  await expect(digits).toHaveValue("7");
});

test("significant digits are counted", async ({ page }) => {
  for (const [text, size] of /** @type {const} */ ([
    ["1/3", "16 digits"],
    ["1/8192", "10 digits"],
    ["10**15", "16 digits"],
  ])) {
    await ask(page, text);
    await expect(page.locator("#size")).toContainText(size);
  }
});

test("a long answer can be folded from where one has read to", async ({ page }) => {
  await ask(page, "factorial(5000)");
  await page.getByTestId("whole").click();
  const fold = page.getByRole("button", { name: "Show less" });
  for (const down of [0, 400]) {
    await page.evaluate((y) => scrollTo(0, y), down);
    await expect(fold).toBeInViewport({ ratio: 1 });
  }
  await fold.click();
  await expect(page.getByTestId("whole")).toHaveText("Show all");
  await expect(page.getByTestId("grouped")).toBeEnabled();
  // Too many groups for a browser.
  await ask(page, "7**30000");
  await expect(page.getByTestId("grouped")).toBeDisabled();
  await expect(page.getByTestId("grouped")).toHaveAttribute("title", /20,000 digits/);
});

test("a text from right to left stays within itself, and control characters are shown", async ({ page }) => {
  const text = "'\u202eabc' + 'שלום'";
  await page.getByTestId("expression").fill(text);
  await page.keyboard.press("Enter");
  const asked = page.getByTestId("history").locator(".asked").first();
  await expect(asked).toHaveText(text);
  await expect(asked.locator("[data-code]")).toHaveAttribute("data-code", "U+202E");
  const shown = await asked.locator("[data-code]").evaluate((element) => getComputedStyle(element, "::before").content);
  expect(shown).toBe('"U+202E"');
  for (const place of [asked, page.getByTestId("expression"), page.getByTestId("answer")]) {
    await expect(place).toHaveCSS("unicode-bidi", "isolate");
    await expect(place).toHaveCSS("direction", "ltr");
  }
});

test("the page survives an outage of the service", async ({ page, context }) => {
  await ask(page, "1+1");
  await expect(page.getByTestId("answer")).toHaveText("2");
  await page.route("**/v1/evaluate**", (route) => route.fulfill({ status: 200, contentType: "text/html", body: "<p>a portal" }));
  await ask(page, "1+2");
  await expect(page.getByTestId("error")).toContainText("Unexpected answer");
  await expect(page.getByTestId("expression")).toHaveValue("1+2");
  await page.unroute("**/v1/evaluate**");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("answer")).toHaveText("3");
  expect(context.pages()).toHaveLength(1);
});
