// Shared by the tests of the page: a service, a Redis, and a page that must write nothing to the console and must send
// no requests elsewhere.

import { expect, test as base } from "@playwright/test";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export { expect };

/** @import { ChildProcess } from "node:child_process" */
/** @import { Page, PlaywrightTestArgs, PlaywrightTestOptions, PlaywrightWorkerArgs, PlaywrightWorkerOptions, TestType } from "@playwright/test" */

/**
 * Colours and languages with which a walk is repeated: each once, and all together in ./test --deep.
 *
 * @type {{ colorScheme: "light" | "dark", locale: "en-US" | "pt-BR" }[]}
 */
export const LOOKS = [
  { colorScheme: "light", locale: "en-US" },
  { colorScheme: "dark", locale: "pt-BR" },
];
if (process.env.TABUADA_LOOKS === "all") {
  LOOKS.push({ colorScheme: "dark", locale: "en-US" }, { colorScheme: "light", locale: "pt-BR" });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

/** @typedef {{ url: string, stop: () => Promise<void> }} Service */
/** @typedef {{ service: Service, options: string[], variables: Record<string, string>, notation: string | null }} Own */

/**
 * @param {ChildProcess} process
 * @returns {Promise<void>}
 */
function ended(process) {
  return new Promise((done) => {
    if (process.exitCode !== null || process.signalCode !== null) done();
    else process.once("exit", () => done());
  });
}

/**
 * A process that ends with the test, even if the test fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
function run(command, args, options) {
  const child = spawn(command, args, options);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

/**
 * The service on its own port, without any settings from the environment of the test run.
 *
 * @param {string[]} args
 * @param {Record<string, string>} variables
 * @returns {Promise<Service>}
 */
export async function serve(args = [], variables = {}) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("TABUADA_"));
  const service = run(String(process.env.BINARY), ["serve", "--listen", "127.0.0.1:0", ...args], {
    env: { ...Object.fromEntries(own), ...variables },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const url = await new Promise((ready, failed) => {
    service.stderr?.setEncoding("utf8").on("data", (text) => {
      said += text;
      const line = said.match(/^listening on (\S+)\n/m);
      if (line) ready(line[1]);
    });
    service.once("exit", () => failed(new Error(`it ended before it was ready: ${said}`)));
  });
  return {
    url,
    stop: () => {
      service.kill("SIGKILL");
      return ended(service);
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/**
 * The service behind nginx, which serves it below a path and strips that path.
 *
 * @param {Service} service
 * @returns {Promise<Service>}
 */
export async function below(service) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "tabuada-page-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${kind};`);
  const location = `location /calc/ { proxy_pass ${service.url}/; }`;
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid nginx.pid; error_log stderr crit; events {}
     http { access_log off; ${temporary.join(" ")} server { listen 127.0.0.1:${port}; ${location} } }`,
  );
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const nginx = run("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { env, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}/calc`;
  await expect.poll(async () => (await fetch(`${url}/health`).catch(() => null))?.status).toBe(200);
  return {
    url,
    stop: async () => {
      nginx.kill("SIGKILL");
      await ended(nginx);
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Checks that axe-core finds no violation.
 *
 * @param {Page} page
 * @param {string} [within] a selector of the part that is checked
 */
export async function isAccessible(page, within = "html") {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (part) => {
    const { violations } = await /** @type {any} */ (window).axe.run(part, { resultTypes: ["violations"] });
    return violations.map((/** @type {any} */ one) => [one.id, one.nodes.map((/** @type {any} */ node) => `${node.html}: ${node.failureSummary}`)]);
  }, within);
  expect(found).toEqual([]);
}

/** A Redis for one test only. */
export async function redis() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "tabuada-page-"));
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const server = run("redis-server", options, { stdio: "ignore" });
  const cli = (/** @type {string[]} */ ...args) =>
    execFileSync("redis-cli", ["-p", String(port), ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  await expect.poll(() => tried(() => cli("ping"))).toBe("PONG");
  return {
    url: `redis://127.0.0.1:${port}`,
    cli,
    stop: async () => {
      server.kill("SIGKILL");
      await ended(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Makes a browser start with a notation that a person chose earlier.
 *
 * @param {Page} page
 * @param {string | null} notation
 */
function keepNotation(page, notation) {
  return page.addInitScript((name) => {
    if (name !== null && location.protocol === "http:") localStorage["tabuada.notation"] ??= name;
  }, notation);
}

/** @param {() => string} act */
function tried(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/**
 * Waits until a service receives every invalidation from its Redis.
 *
 * @param {Service} service
 */
export async function coherent(service) {
  await expect.poll(async () => (await (await fetch(`${service.url}/health/ready`)).json()).cache).toBe("coherent");
}

/**
 * The names of the entries in a service's cache.
 *
 * @param {Service} service
 * @returns {Promise<string[]>}
 */
export async function remembered(service) {
  const page = await (await fetch(`${service.url}/v1/cache/keys?limit=1000`)).json();
  return page.entries.map((/** @type {{ name: string }} */ entry) => entry.name);
}

/**
 * Types an expression as a person would, and presses Enter.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function ask(page, text) {
  await type(page, text);
  await page.keyboard.press("Enter");
}

/**
 * Types an expression as a person would.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function type(page, text) {
  await page.getByTestId("expression").fill("");
  await page.getByTestId("expression").pressSequentially(text);
}

/**
 * Holds back the requests about some texts until each is released.
 *
 * @param {Page} page
 * @param {string[]} texts
 */
export async function holding(page, texts) {
  const held = new Map(
    texts.map((text) => {
      let release = () => {};
      return [text, { isReleased: new Promise((/** @type {(value: void) => void} */ done) => (release = done)), release }];
    }),
  );
  await page.route("**/v1/**", async (route) => {
    const text = new URL(route.request().url()).searchParams.get("expr") ?? "";
    await held.get(text)?.isReleased;
    // The page may have given it up.
    await route.continue().catch(() => {});
  });
  return { release: (/** @type {string} */ text) => held.get(text)?.release() };
}

/**
 * Saves a screenshot of the page.
 *
 * @param {Page} page
 * @param {string} name
 * @param {boolean} fullPage false: of the window, since a picture of the whole page is not taken as on a touch screen
 */
export async function picture(page, name, fullPage = true) {
  await page.screenshot({ path: join(process.env.PICTURES ?? ".", `${name}.png`), fullPage });
}

/**
 * Watches a page: it writes nothing to the console, no request fails, and all requests go to the service.
 *
 * @param {Page} page
 * @param {Service} service
 * @returns {() => void} the check to run at the end
 */
export function watched(page, service) {
  /** @type {string[]} */
  const wrong = [];
  page.on("console", (message) => wrong.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${service.url}/`) && !url.startsWith("blob:")) wrong.push(`asked elsewhere: ${url}`);
  });
  return () => expect(wrong).toEqual([]);
}

/**
 * A test with its own service and page. `notation` is what the browser has kept: most tests are about the language, and in
 * Python's notation; `null` is a first visit.
 */
export const test = /** @type {TestType<PlaywrightTestArgs & PlaywrightTestOptions & Own, PlaywrightWorkerArgs & PlaywrightWorkerOptions>} */ (
  base.extend({
    options: [[], { option: true }],
    variables: [{}, { option: true }],
    notation: ["python", { option: true }],
    service: async ({ options, variables }, use) => {
      const service = await serve(/** @type {any} */ (options), /** @type {any} */ (variables));
      await use(service);
      await service.stop();
    },
    page: async ({ page, service, notation }, use) => {
      await keepNotation(page, /** @type {any} */ (notation));
      const isQuiet = watched(page, /** @type {any} */ (service));
      await page.goto(/** @type {any} */ (service).url);
      await use(page);
      isQuiet();
    },
  })
);
