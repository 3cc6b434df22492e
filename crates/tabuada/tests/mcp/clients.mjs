// Lists and calls every tool with the official TypeScript clients of both eras, over standard input and over HTTP.
//
//     node clients.mjs BINARY URL
import { deepStrictEqual as same, ok } from "node:assert";
import { Client as Modern, StreamableHTTPClientTransport as ModernHttp } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio";
import { Client as Legacy } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [binary, url] = process.argv.slice(2);
const command = { command: binary, args: ["mcp"], stderr: "ignore" };
const about = { name: "test", version: "1" };
const modern = { versionNegotiation: { mode: { pin: "2026-07-28" } } };
const clients = [
  ["2026-07-28, standard input", new Modern(about, modern), new ModernStdio(command)],
  ["2026-07-28, HTTP", new Modern(about, modern), new ModernHttp(new URL(url))],
  ["2025-11-25, standard input", new Legacy(about), new LegacyStdio(command)],
  ["2025-11-25, HTTP", new Legacy(about), new LegacyHttp(new URL(url))],
];

for (const [name, client, transport] of clients) {
  const begun = performance.now();
  await client.connect(transport);
  const { tools } = await client.listTools();
  same(tools.map((tool) => tool.name), ["evaluate", "explain", "table", "plot", "functions"]);
  const call = (tool, args) => client.callTool({ name: tool, arguments: args });

  // The clients check what is structured against the output schema.
  const sum = await call("evaluate", { expr: "2**100 + x", variables: { x: 1 } });
  same([sum.structuredContent.text, sum.structuredContent.exact, sum.isError ?? false], [String(2n ** 100n + 1n), true, false]);
  same(JSON.parse(sum.content[0].text), sum.structuredContent);
  const third = await call("evaluate", { expr: "1/3 + 1/6", mode: "exact" });
  same(third.structuredContent.result, "1/2");
  const wrong = await call("evaluate", { expr: "sqr(2)" });
  same([wrong.isError, wrong.structuredContent.error.fix], [true, "sqrt(2)"]);
  const huge = await call("evaluate", { expr: "9**9**9" });
  ok(huge.isError && /369,693,100 digits/.test(huge.content[0].text), huge.content[0].text);

  const steps = await call("explain", { expr: "2 + 3*4" });
  same(steps.structuredContent.steps.map((step) => step.text), ["2+3*4", "2+12", "14"]);
  const rows = await call("table", { expr: "x**2", columns: { x: { from: 0, to: 2, count: 3 } } });
  same(rows.structuredContent.rows, [[0, 0], [1, 1], [2, 4]]);
  const picture = await call("plot", { expr: "sin(x)/x", from: "-2*pi", to: "2*pi" });
  const png = Buffer.from(picture.content[0].data, "base64");
  same([picture.content[0].mimeType, png.subarray(1, 4).toString()], ["image/png", "PNG"]);
  ok(png.length < 400_000, `${png.length} bytes`);
  const found = await call("functions", { query: "gcd" });
  same(found.structuredContent.functions[0].name, "gcd");

  const many = await Promise.all(Array.from({ length: 200 }, (_, n) => call("evaluate", { expr: `${n}**2` })));
  same(many.map((answer) => answer.structuredContent.result), Array.from({ length: 200 }, (_, n) => n * n));
  await client.close();
  console.log(`${name}: ${Math.round(performance.now() - begun)} ms`);
}
