// Requests to the service, through its public routes.

import { inFront } from "./definitions.js";
import { notation } from "./notation.js";
import { language } from "./words.js";

/** @import { Notation } from "./notation.js" */

/**
 * @typedef {{ start: number, end: number }} Span in characters
 * @typedef {{ span: Span, replacement: string, expr: string }} Suggestion
 * @typedef {{ suggestion?: Suggestion, alternatives?: Suggestion[] }} Advice fixes: the likeliest, and others
 * @typedef {{ expr: string, read_as: string }} Reading one of the two meanings of an ambiguous text
 * @typedef {{ readings?: Reading[], inside?: string }} Apart `inside`: the definition in front of the text that has the problem
 * @typedef {{ code: string, detail: string, python_message?: string, span?: Span } & Advice & Apart} Problem
 * @typedef {{ code: string, message: string, span: Span } & Advice} Hint
 * @typedef {{ text: string, type: string, shown?: string, read_as?: string, hints?: Hint[] }} Value `shown`: as people
 * read it, `read_as`: the expression in Python's notation
 * @typedef {{ definitions: string[] }} Defined the definitions that the text uses, which are sent in front of it
 * @typedef {{ text: string, mode: string, isPlain?: boolean } & Notation & Defined} Question `isPlain`: blanks are sent as `+`
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
 * @typedef {{ state: State, asked: number, answers: Record<string, number>, fuel_saved: number, memory: { entries: number, bytes: number, bytes_max: number } }} Statistics
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
 * Encodes a blank as `%20`, or as `+` where a person wrote it so: after a failure, the service then explains what `+`
 * means in a query.
 *
 * @param {string} path
 * @param {[string, string][]} parameters
 * @param {boolean} [isPlain]
 */
function address(path, parameters, isPlain = false) {
  const encoded = (/** @type {string} */ value) => (isPlain ? encodeURIComponent(value).replaceAll("%20", "+") : encodeURIComponent(value));
  return `${path}?${parameters.map(([name, value]) => `${name}=${encoded(value)}`).join("&")}`;
}

/** The significant digits that are shown in school notation. The exact text has them all. */
const DIGITS_SHOWN = "15";

/**
 * The parameters of a question. In Python's notation, an answer is shown as Python writes it.
 *
 * @param {Question} question
 * @returns {[string, string][]}
 */
function parameters({ text, mode, notation, decimal, definitions }) {
  const asked = /** @type {[string, string][]} */ ([["expr", front(definitions) + text], ["mode", mode]]);
  if (notation !== "python") asked.push(["notation", notation], ["decimal", decimal]);
  return asked;
}

/** @param {string[]} definitions */
function front(definitions) {
  return definitions.map((definition) => `${definition}; `).join("");
}

/**
 * A problem or a hint as it is about the person's text, without the definitions in front of it.
 *
 * @template {Partial<Problem>} About
 * @param {About} about
 * @param {string[]} definitions
 * @returns {About}
 */
function withoutFront(about, definitions) {
  if (definitions.length === 0) return about;
  const before = front(definitions);
  const length = Array.from(before).length;
  const moved = (/** @type {Span} */ { start, end }) => ({ start: start - length, end: end - length });
  const own = about.span && about.span.start >= length ? moved(about.span) : undefined;
  const texts = (/** @type {Suggestion[]} */ all) =>
    all
      .filter(({ expr }) => expr.startsWith(before))
      .map((one) => ({ ...one, span: moved(one.span), expr: one.expr.slice(before.length) }));
  const [suggestion, ...alternatives] = texts([...(about.suggestion ? [about.suggestion] : []), ...(about.alternatives ?? [])]);
  const readings = about.readings
    ?.filter(({ expr }) => expr.startsWith(before))
    .map(({ expr, read_as }) => ({ expr: expr.slice(before.length), read_as: lastOf(read_as, definitions.length) }));
  const inside = about.span && !own ? inWhich(about.span.start, definitions) : undefined;
  return { ...about, span: own, suggestion, alternatives, readings: readings?.length ? readings : undefined, inside };
}

/**
 * The definition at a position.
 *
 * @param {number} at
 * @param {string[]} definitions
 */
function inWhich(at, definitions) {
  let end = 0;
  return definitions.find((definition) => {
    end += Array.from(front([definition])).length;
    return at < end;
  });
}

/**
 * A text without its first statements.
 *
 * @param {string} text in Python's notation
 * @param {number} count
 */
function lastOf(text, count) {
  const statement = /(?:[^;'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*;/y;
  for (let left = count; left > 0 && statement.test(text); left -= 1);
  return text.slice(statement.lastIndex);
}

/**
 * The answer to a question: a value or a problem.
 *
 * @param {Question} question
 * @param {{ signal?: AbortSignal, remember: boolean }} how `remember`: whether the service may cache a computed answer
 * @returns {Promise<Reply>}
 * @throws {Unreachable}
 */
export async function evaluate(question, { signal, remember }) {
  const begun = performance.now();
  const { notation, definitions, isPlain } = question;
  const asked = parameters(question);
  if (notation !== "python") asked.push(["digits", DIGITS_SHOWN], ["format", "auto"]);
  const target = address("v1/evaluate", asked, isPlain);
  /** @type {Record<string, string>} */
  const whether = remember ? {} : { "Cache-Control": "no-store" };
  const response =
    target.length <= ADDRESS_MAX
      ? await ask(target, { signal, headers: whether })
      : await ask("v1/evaluate", {
          signal,
          method: "POST",
          headers: { "Content-Type": "application/json", ...whether },
          body: JSON.stringify(Object.fromEntries(asked)),
        });
  const body = await json(response);
  const trip = tripOf(response.headers, performance.now() - begun);
  if (isProblem(response)) return { value: null, problem: withoutFront(body, definitions), trip };
  if (!response.ok || typeof body.text !== "string") throw new Unreachable("broken");
  const hints = body.hints?.map((/** @type {Hint} */ hint) => withoutFront(hint, definitions));
  const read_as = typeof body.read_as === "string" ? lastOf(body.read_as, definitions.length) : undefined;
  return { value: { ...body, hints, read_as }, problem: null, trip };
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
 * The values of an expression of x over a range; `null` where it has none.
 *
 * @param {Question} question
 * @param {{ from: number, to: number, count: number }} x
 * @param {AbortSignal} [signal]
 * @returns {Promise<(number | null)[]>}
 */
export async function table(question, x, signal) {
  const response = await ask("v1/table", {
    signal,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...Object.fromEntries(parameters(question)), x }),
  });
  const body = await json(response);
  return isProblem(response) ? [] : body.result.map((/** @type {unknown} */ value) => (typeof value === "number" ? value : null));
}

/**
 * The steps of an evaluation, or the reason why the expression cannot be parsed.
 *
 * @param {Question} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ explanation: Explanation | null, problem: Problem | null }>}
 */
export async function explain(question, signal) {
  const response = await ask(address("v1/explain", [...parameters(question), ["formulas", "true"]]), { signal });
  const body = await json(response);
  return isProblem(response) ? { explanation: null, problem: body } : { explanation: body, problem: null };
}

/**
 * A picture, or the reason why there is none. The curves are written in the notation of the page, and may use the
 * person's definitions.
 *
 * @param {[string, string][]} parameters
 * @param {"application/json" | "image/png"} kind
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ picture: Blob | null, problem: Problem | null }>}
 */
export async function plot(parameters, kind, signal) {
  const written = notation();
  const complete = parameters.map(([name, value]) => {
    return /** @type {[string, string]} */ ([name, name === "expr" ? front(inFront(value, written)) + value : value]);
  });
  if (written.notation !== "python") complete.push(["notation", written.notation], ["decimal", written.decimal]);
  const response = await ask(address("v1/plot", complete), { signal, headers: { Accept: kind } });
  if (!isProblem(response)) return { picture: await response.blob(), problem: null };
  const last = parameters.findLast(([name]) => name === "expr")?.[1] ?? "";
  return { picture: null, problem: withoutFront(await json(response), inFront(last, written)) };
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
