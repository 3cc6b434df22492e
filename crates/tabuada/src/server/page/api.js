// Requests to the service, through its public routes.

import { language } from "./words.js";

/**
 * @typedef {{ start: number, end: number }} Span in characters
 * @typedef {{ span: Span, replacement: string, expr: string }} Suggestion
 * @typedef {{ suggestion?: Suggestion, alternatives?: Suggestion[] }} Advice fixes: the likeliest, and others
 * @typedef {{ code: string, detail: string, python_message?: string, span?: Span } & Advice} Problem
 * @typedef {{ code: string, message: string, span: Span } & Advice} Hint
 * @typedef {{ text: string, type: string, hints?: Hint[] }} Value
 * @typedef {{ text: string, mode: string }} Question
 * @typedef {"computed" | "memory" | "redis" | "collapsed" | "bypass"} Layer
 *
 * @typedef {object} Trip where an answer came from
 * @property {Layer} layer
 * @property {string | null} detail why the cache was bypassed
 * @property {boolean} isStored whether the answer is cached from now on
 * @property {boolean} askedRedis
 * @property {number | null} ttl seconds for which the answer stays cached
 * @property {number} age seconds since the answer was cached
 * @property {number | null} server milliseconds in the service
 * @property {number} round milliseconds from the request to the response
 * @property {string | null} identity the same for all texts that share the answer
 *
 * @typedef {{ value: Value | null, problem: Problem | null, trip: Trip }} Reply a value or a problem
 *
 * @typedef {{ name: string, kind: "function" | "binder" | "constant", section: string, signature: string, doc: string, needs_prefix: boolean }} Name
 *
 * @typedef {{ kind: string, statement: number, words: string, text: string, replaced: Span[], by: Span[], span?: Span, latex?: string, mathml?: string }} Step
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

/** The maximum length of an address, because some proxies refuse longer ones. A longer question is sent in a body. */
const ADDRESS_MAX = 4000;

/** The service cannot be reached, or another server answers. */
export class Unreachable extends Error {
  /** @param {"unreachable" | "broken"} word the message for the person */
  constructor(word) {
    super(word);
    this.word = word;
  }
}

/**
 * Sends a request to an address relative to the page, so that a proxy may put both below a path. It asks for the
 * person's language. It bypasses the browser's own cache, because the page shows where each answer comes from. It
 * prefers problems with status 200 (RFC 7240), because browsers report every other status as an error of the page.
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
 * Whether this page itself aborted a request.
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
 * Whether a response is a problem.
 *
 * @param {Response} response
 */
function isProblem(response) {
  return (response.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
}

/**
 * Encodes a blank as `%20`. For a `+`, the service would explain after a failure what `+` means in a query.
 *
 * @param {string} path
 * @param {[string, string][]} parameters
 */
function address(path, parameters) {
  return `${path}?${parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/**
 * The answer to a question: a value or a problem.
 *
 * @param {Question} question
 * @param {{ signal?: AbortSignal, remember: boolean }} how `remember`: whether the service may cache a computed answer
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
 * The names of the language.
 *
 * @returns {Promise<Name[]>}
 */
export async function names() {
  const response = await ask("v1/functions");
  return response.ok ? (await json(response)).functions : [];
}

/**
 * The steps of an evaluation, or the reason why the expression cannot be parsed.
 *
 * @param {Question} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ explanation: Explanation | null, problem: Problem | null }>}
 */
export async function explain({ text, mode }, signal) {
  const response = await ask(address("v1/explain", [["expr", text], ["mode", mode], ["formulas", "true"]]), { signal });
  const body = await json(response);
  return isProblem(response) ? { explanation: null, problem: body } : { explanation: body, problem: null };
}

/**
 * A picture, or the reason why there is none.
 *
 * @param {[string, string][]} parameters
 * @param {"application/json" | "image/png"} kind
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ picture: Blob | null, problem: Problem | null }>}
 */
export async function plot(parameters, kind, signal) {
  const response = await ask(address("v1/plot", parameters), { signal, headers: { Accept: kind } });
  if (isProblem(response)) return { picture: null, problem: await json(response) };
  return { picture: await response.blob(), problem: null };
}

/**
 * The state of the cache: whether Redis is behind it, and in step.
 *
 * @returns {Promise<State>}
 */
export async function state() {
  return (await json(await ask("health/ready"))).cache;
}

/**
 * Calls an operator's route.
 *
 * @param {string} path the part after `v1/cache`
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
