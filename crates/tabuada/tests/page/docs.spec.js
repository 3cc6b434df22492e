// The documentation of the API: the page's colours and languages, and an operation that is tried with one press.

import { expect, isAccessible, LOOKS, picture, test } from "./support.js";

const SAYS = {
  "en-US": { back: "Calculator", describes: "Evaluate an expression, as the course's application does" },
  "pt-BR": { back: "Calculadora", describes: "Calcular uma expressão, como a aplicação do curso" },
};

for (const { colorScheme, locale } of LOOKS) {
  test.describe(`${colorScheme}, ${locale}`, () => {
    test.use({ colorScheme, locale });
    const ground = colorScheme === "dark" ? "rgb(20, 32, 28)" : "rgb(246, 242, 232)";

    test("one press on Execute answers", async ({ page, service }) => {
      await page.goto(`${service.url}/docs`);
      const course = page.locator("#operations-course-evaluate");
      await expect(course).toContainText(SAYS[locale].describes);
      await course.getByRole("button", { name: "Execute" }).click();
      await expect(course.locator(".live-responses-table tr.response .response-col_description")).toContainText('"resultado": 4');
      const paths = await page.locator(".opblock-summary-path").evaluateAll((all) => all.map((one) => one.getAttribute("data-path")));
      const order = ["/evaluate", "/v1/evaluate", "/v1/batch", "/v1/table", "/v1/plot", "/v1/explain", "/v1/functions"];
      expect([...new Set(paths)].slice(0, order.length)).toEqual(order);
      expect(paths.at(-1)).toBe("/metrics");
      await expect(page.locator("html")).toHaveCSS("background-color", ground);
      await isAccessible(page, ".docs-top");
      await picture(page, `docs-${colorScheme}-${locale}`);
      await page.getByRole("link", { name: SAYS[locale].back, exact: true }).click();
      await expect(page.getByTestId("expression")).toBeVisible();
    });

    test("the reference has the same header and colours", async ({ page, service }) => {
      await page.goto(`${service.url}/redoc`);
      await expect(page.getByRole("heading", { name: SAYS[locale].describes })).toBeVisible();
      await expect(page.locator("html")).toHaveCSS("background-color", ground);
      await picture(page, `redoc-${colorScheme}-${locale}`);
    });
  });
}

test("the language and the theme are those that were chosen on the page", async ({ page, service }) => {
  await page.getByTestId("language").selectOption("pt-BR");
  await page.getByTestId("theme").selectOption("dark");
  await page.goto(`${service.url}/docs`);
  await expect(page.locator("#operations-course-evaluate")).toContainText(SAYS["pt-BR"].describes);
  await expect(page.locator("html")).toHaveClass(/dark-mode/);
  await page.locator("#language").selectOption("en");
  await expect(page.locator("#operations-course-evaluate")).toContainText(SAYS["en-US"].describes);
  await page.locator("#theme").selectOption("light");
  await expect(page.locator("html")).not.toHaveClass(/dark-mode/);
});
