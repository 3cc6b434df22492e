// An expression is always treated as text, and no person sees another's expression.

import { ask, expect, picture, test, watched } from "./support.js";

const MARKUP = [
  "'<img src=x onerror=alert(1)>'",
  "'<script>alert(1)</script>'",
  "<svg/onload=alert(1)>",
  "'</textarea><iframe srcdoc=x>'",
  "javascript:alert(1)",
  "x*0 + len('<b onmouseover=alert(1)>')",
];

test("markup in an expression is text, wherever it is shown", async ({ page, service }) => {
  /** @type {string[]} */
  const ran = [];
  page.on("dialog", (dialog) => {
    ran.push(dialog.message());
    void dialog.dismiss();
  });
  await page.locator("#remembered-panel summary").click();
  const elements = () => page.evaluate(() => [...document.querySelectorAll("script, iframe, img, b[onmouseover], svg[onload]")].map((one) => one.outerHTML.slice(0, 60)));
  const before = await elements();
  for (const text of MARKUP) {
    await ask(page, text);
    await expect(page.getByTestId("history").getByRole("listitem").first()).toContainText(text);
    await page.goto(`${service.url}/?${new URLSearchParams({ expr: text })}`);
    await expect(page.getByTestId("expression")).toHaveValue(text);
    await expect(page.locator("#result")).toHaveAttribute("data-state", /final|failed|noted/);
  }
  await ask(page, MARKUP[0] ?? "");
  await expect(page.getByTestId("answer")).toHaveText("'<img src=x onerror=alert(1)>'");
  await expect(page.getByTestId("entries")).toContainText("<script>alert(1)</script>");
  await expect(page.getByTestId("explain")).toContainText("onerror");
  await picture(page, "safety");
  const after = (await elements()).filter((one) => !one.startsWith("<img alt=\"Graph") && !one.includes("plot-image"));
  expect(after).toEqual(before);
  expect(ran).toEqual([]);
});

test("the policy allows nothing but the page's own files", async ({ page, request, service }) => {
  for (const path of ["/", "/page/main.js", "/page/style.css"]) {
    const response = await request.get(service.url + path);
    const policy = response.headers()["content-security-policy"] ?? "";
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'"]) {
      expect(policy.split("; ")).toContain(rule);
    }
    expect(policy).not.toContain("unsafe");
    expect(response.headers()["referrer-policy"]).toBe("no-referrer");
    const again = await request.get(service.url + path, { headers: { "If-None-Match": response.headers().etag ?? "" } });
    expect(again.status()).toBe(304);
  }
  const html = await (await request.get(service.url)).text();
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  // The browser enforces the policy too. It reports that on the console, so the test uses a page whose console it does
  // not check.
  const other = await page.context().newPage();
  await other.goto(service.url);
  const isRefused = await other.evaluate(() => {
    try {
      document.body.insertAdjacentHTML("beforeend", "<b>markup</b>");
      return false;
    } catch {
      return true;
    }
  });
  expect(isRefused).toBe(true);
});

test.describe("where the operator's view has a token", () => {
  test.use({ variables: { TABUADA_ADMIN_TOKEN: "a-secret-of-the-test" } });

  test("clients do not see each other's expressions", async ({ page, browser, service }) => {
    await ask(page, "90210*3");
    await expect(page.getByTestId("answer")).toHaveText("270630");
    const context = await browser.newContext();
    const other = await context.newPage();
    const isQuiet = watched(other, service);
    await other.goto(service.url);
    await other.locator("#remembered-panel summary").click();
    await expect(other.getByTestId("token")).toBeVisible();
    await ask(other, "1+1");
    await expect(other.getByTestId("answer")).toHaveText("2");
    for (const text of ["90210", "270630"]) await expect(other.locator("html")).not.toContainText(text);
    isQuiet();
    await context.close();
  });
});
