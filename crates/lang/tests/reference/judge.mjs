// Evaluates expressions with CPython in WebAssembly: `node judge.mjs MODULE`, with the address of pyodide's module.
import fs from "node:fs";

const { loadPyodide } = await import(process.argv[2]);
const python = await loadPyodide();
python.runPython(fs.readFileSync(new URL("judge.py", import.meta.url), "utf8"));
const texts = [];
for await (const part of process.stdin.setEncoding("utf8")) texts.push(part);
process.stdout.write(python.globals.get("answers")(texts.join("")));
