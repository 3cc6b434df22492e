// The page as an app, and what a chat shows of a link to an expression.

import { expect, test } from "./support.js";

test("the page can be installed", async ({ page, request }) => {
  const manifest = await page.evaluate(() => document.querySelector("link[rel=manifest]")?.getAttribute("href"));
  const address = new URL(String(manifest), page.url());
  const { icons, start_url: start, display } = await (await request.get(address.href)).json();
  expect([display, new URL(start, address).href]).toEqual(["standalone", page.url()]);
  expect(icons.map((/** @type {any} */ icon) => icon.sizes)).toEqual(["any", "192x192", "512x512", "512x512"]);
  expect(icons.some((/** @type {any} */ icon) => icon.purpose === "maskable")).toBe(true);
  for (const { src, sizes, type } of icons) {
    const response = await request.get(new URL(src, address).href);
    expect([response.status(), response.headers()["content-type"]]).toEqual([200, type]);
    const size = await page.evaluate(async (icon) => {
      const image = new Image();
      image.src = icon;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, new URL(src, address).href);
    if (sizes !== "any") expect(size).toBe(sizes);
  }
  expect(await page.locator("meta[name=theme-color]").count()).toBe(2);
});

test("a shared link shows its expression, value and picture", async ({ page, request, service }) => {
  await page.goto(`${service.url}/?expr=2**10&notation=python`);
  const told = (/** @type {string} */ name) => page.locator(`meta[property="${name}"]`).getAttribute("content");
  expect(await told("og:title")).toBe("2**10 = 1024");
  const image = new URL(String(await told("og:image")), page.url()).href;
  // A busy machine has no time to draw it, and says so.
  await expect.poll(async () => (await request.get(image)).status()).not.toBe(503);
  const picture = await request.get(image);
  expect([picture.status(), picture.headers()["content-type"]]).toEqual([200, "image/png"]);
  await page.goto(`${service.url}/?expr=2%2B`);
  expect(await told("og:title")).toBe("Tabuada");
});
