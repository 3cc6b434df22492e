// The service, asked as anybody may ask it.

import { language } from "./words.js";

/**
 * @typedef {{ start: number, end: number }} Span in characters
 * @typedef {{ span: Span, replacement: string, expr: string }} Suggestion
 * @typedef {{ suggestion?: Suggestion, alternatives?: Suggestion[] }} Advice what to write instead: the likeliest, and others
 * @typedef {{ code: string, detail: string, python_message?: string, span?: Span } & Advice} Problem
 * @typedef {{ code: string, message: string, span: Span } & Advice} Hint
 * @typedef {{ text: string, type: string, hints?: Hint[] }} Value
 * @typedef {{ text: string, mode: string }} Question
 * @typedef {"computed" | "memory" | "redis" | "collapsed" | "bypass"} Layer
 *
 * @typedef {object} Trip how an answer was come by
 * @property {Layer} layer
 * @property {string | null} detail why the cache was passed by
 * @property {boolean} isStored whether it is remembered from now on
 * @property {boolean} askedRedis
 * @property {number | null} ttl seconds for which it will still be remembered
 * @property {number} age seconds for which it has been remembered
 * @property {number | null} server milliseconds in the service
 * @property {number} round milliseconds until it was here
 * @property {string | null} identity the same for all texts that share the answer
 *
 * @typedef {{ value: Value | null, problem: Problem | null, trip: Trip }} Reply a value, or what is wrong
 *
 * @typedef {{ name: string, kind: "function" | "binder" | "constant", section: string, signature: string, doc: string, needs_prefix: boolean }} Name
 *
 * @typedef {{ kind: string, statement: number, text: string, replaced: Span[], by: Span[], span?: Span }} Step
 * @typedef {object} Explanation
 * @property {string} canonical
 * @property {string | null} key
 * @property {string[]} free_names
 * @property {boolean} pure
 * @property {number} fuel
 * @property {string} [text]
 * @property {Problem} [error]
 * @property {Step[]} steps
 * @property {boolean} steps_cut
 * @property {Span} [failed]
 *
 * @typedef {"memory" | "coherent" | "catching-up" | "detached"} State
 * @typedef {{ name: string, text: string | null, kind: string, layers: string[], ttl: number | null, bytes: number }} Entry
 * @typedef {{ entries: Entry[], next: string | null, redis: string }} Page
 * @typedef {{ state: State, asked: number, answers: Record<string, number>, memory: { entries: number, bytes: number, bytes_max: number } }} Statistics
 */

/** Addresses longer than this are refused by some proxies; a longer question goes in a body. */
const ADDRESS_MAX = 4000;

/** The service cannot be reached, or what answers is not the service. */
export class Unreachable extends Error {
  /** @param {"unreachable" | "broken"} word what the person is told */
  constructor(word) {
    super(word);
    this.word = word;
  }
}

/**
 * A request to an address beside the page, wherever a proxy has put that. In the person's language, past the browser's own cache: where an answer comes from is to be seen. What is
 * wrong with it is no failure of the page's, as which browsers report every other status: hence the preference (RFC 7240).
 *
 * @param {string} address
 * @param {Omit<RequestInit, "headers"> & { headers?: Record<string, string> }} [init]
 * @returns {Promise<Response>}
 */
async function ask(address, init = {}) {
  try {
    const headers = { "Accept-Language": language(), Prefer: "handling=lenient", ...init.headers };
    return await fetch(address, { cache: "no-store", ...init, headers });
  } catch (error) {
    throw isAbort(error) ? error : new Unreachable("unreachable");
  }
}

/**
 * Whether a request was given up by this page itself.
 *
 * @param {unknown} error
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    throw isAbort(error) ? error : new Unreachable("broken");
  }
}

/**
 * Whether a response says what is wrong.
 *
 * @param {Response} response
 */
function isProblem(response) {
  return (response.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
}

/**
 * A blank is `%20` here: whoever writes it as `+` is told, where a text fails, what a `+` is.
 *
 * @param {string} path
 * @param {[string, string][]} parameters
 */
function address(path, parameters) {
  return `${path}?${parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/**
 * The answer to a question. What is wrong with it is an answer too.
 *
 * @param {Question} question
 * @param {{ signal?: AbortSignal, remember: boolean }} how `remember`: an answer that is worked out may be remembered
 * @returns {Promise<Reply>}
 * @throws {Unreachable}
 */
export async function evaluate({ text, mode }, { signal, remember }) {
  const begun = performance.now();
  const target = address("v1/evaluate", [["expr", text], ["mode", mode]]);
  /** @type {Record<string, string>} */
  const whether = remember ? {} : { "Cache-Control": "no-store" };
  const response =
    target.length <= ADDRESS_MAX
      ? await ask(target, { signal, headers: whether })
      : await ask("v1/evaluate", {
          signal,
          method: "POST",
          headers: { "Content-Type": "application/json", ...whether },
          body: JSON.stringify({ expr: text, mode }),
        });
  const body = await json(response);
  const trip = tripOf(response.headers, performance.now() - begun);
  if (isProblem(response)) return { value: null, problem: body, trip };
  if (response.ok && typeof body.text === "string") return { value: body, problem: null, trip };
  throw new Unreachable("broken");
}

/**
 * @param {Headers} headers
 * @param {number} round
 * @returns {Trip}
 */
function tripOf(headers, round) {
  const status = headers.get("Cache-Status") ?? "";
  const timing = headers.get("Server-Timing") ?? "";
  const parameter = (/** @type {string} */ name) => status.match(new RegExp(`; *${name}=([^;, ]+)`))?.[1] ?? null;
  const has = (/** @type {string} */ name) => new RegExp(`; *${name}(?:;|,|$)`).test(status);
  const detail = parameter("detail");
  /** @type {Layer} */
  let layer = "bypass";
  if (has("hit")) layer = detail === "redis" ? "redis" : "memory";
  else if (has("collapsed")) layer = "collapsed";
  else if (parameter("fwd") === "uri-miss") layer = "computed";
  const ttl = parameter("ttl");
  const total = timing.match(/(?:^|, *)total;dur=([\d.]+)/)?.[1];
  const tag = headers.get("ETag")?.match(/"([^"-]+)/)?.[1];
  return {
    layer,
    detail,
    isStored: has("stored"),
    askedRedis: /(?:^|, *)redis(?:;|,|$)/.test(timing),
    ttl: ttl === null ? null : Number(ttl),
    age: Number(headers.get("Age") ?? 0),
    server: total === undefined ? null : Number(total),
    round,
    identity: tag ?? null,
  };
}

/**
 * The names that the language knows.
 *
 * @returns {Promise<Name[]>}
 */
export async function names() {
  const response = await ask("v1/functions");
  return response.ok ? (await json(response)).functions : [];
}

/**
 * How an expression is worked out, or why it cannot be read.
 *
 * @param {Question} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ explanation: Explanation | null, problem: Problem | null }>}
 */
export async function explain({ text, mode }, signal) {
  const response = await ask(address("v1/explain", [["expr", text], ["mode", mode]]), { signal });
  const body = await json(response);
  return isProblem(response) ? { explanation: null, problem: body } : { explanation: body, problem: null };
}

/**
 * A picture, or why there is none.
 *
 * @param {[string, string][]} parameters
 * @param {"image/svg+xml" | "image/png"} kind
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ picture: Blob | null, problem: Problem | null }>}
 */
export async function plot(parameters, kind, signal) {
  const response = await ask(address("v1/plot", parameters), { signal, headers: { Accept: kind } });
  if (isProblem(response)) return { picture: null, problem: await json(response) };
  return { picture: await response.blob(), problem: null };
}

/**
 * How far memory is covered by Redis.
 *
 * @returns {Promise<State>}
 */
export async function state() {
  return (await json(await ask("health/ready"))).cache;
}

/**
 * The operator's routes.
 *
 * @param {string} path what follows `v1/cache`
 * @param {{ method?: string, token: string | null, signal?: AbortSignal }} how
 * @returns {Promise<{ status: number, body: any }>}
 */
export async function operate(path, { method = "GET", token, signal }) {
  /** @type {Record<string, string>} */
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const response = await ask(`v1/cache${path}`, { method, headers, signal });
  const body = await json(response);
  return { status: isProblem(response) ? body.status : response.status, body };
}
