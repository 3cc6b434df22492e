// ReDoc, started from a separate file so that the page needs no inline script.

import { inLanguage, isDark, open } from "../docs/header.js";

const LIGHT = {
  ground: "#fffefa",
  tint: "#e6f1ec",
  ink: "#1c2a38",
  quiet: "#56616d",
  line: "#d8d1c0",
  accent: "#1f6b55",
  good: "#1f6b45",
  wrong: "#b3241a",
};
const DARK = {
  ground: "#1b2a25",
  tint: "#24382f",
  ink: "#eef3ea",
  quiet: "#a9b9b0",
  line: "#34473f",
  accent: "#7ed3b2",
  good: "#72dda2",
  wrong: "#ff958b",
};
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
const MONO = 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

function theme() {
  const { ground, tint, ink, quiet, line, accent, good, wrong } = isDark() ? DARK : LIGHT;
  return {
    colors: {
      primary: { main: accent },
      success: { main: good },
      error: { main: wrong },
      text: { primary: ink, secondary: quiet },
      border: { dark: line, light: line },
    },
    schema: { nestedBackground: tint, typeNameColor: quiet, typeTitleColor: quiet, linesColor: line },
    typography: {
      fontFamily: FONT,
      headings: { fontFamily: FONT },
      code: { fontFamily: MONO, color: ink, backgroundColor: tint },
      links: { color: accent },
    },
    sidebar: { backgroundColor: ground, textColor: ink, activeTextColor: accent },
    rightPanel: { backgroundColor: "#12201b" },
    codeBlock: { backgroundColor: "#1b2a25" },
  };
}

/**
 * The addresses of servers and examples as absolute ones: ReDoc resolves them only if it has loaded the description
 * itself.
 *
 * @param {string} name
 * @param {unknown} value
 */
function absolute(name, value) {
  const isAddress = (name === "url" || name === "externalValue") && typeof value === "string";
  return isAddress ? new URL(value, location.href).href : value;
}

open(
  async (root) => {
    const response = await fetch("openapi.json", { headers: inLanguage() });
    const spec = JSON.parse(await response.text(), absolute);
    // The search needs a worker made from a text, which the page's policy does not allow.
    window.Redoc.init(spec, { nativeScrollbars: true, disableSearch: true, theme: theme() }, root);
  },
  { hasOwnColours: true },
);
