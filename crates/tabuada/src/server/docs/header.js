// The header of the documentation: the way back, the language and the theme, which are those of the page.

import { keep, kept } from "../page/dom.js";
import { language, onLanguage, speak, translate } from "../page/words.js";

const TEXTS = {
  en: { back: "Calculator", docs: "Try the API", reference: "Reference" },
  "pt-BR": { back: "Calculadora", docs: "Testar a API", reference: "Referência" },
};
const system = matchMedia("(prefers-color-scheme: dark)");
const languages = document.getElementById("language");
const theme = document.getElementById("theme");

/** Whether the colours are those of a blackboard. */
export function isDark() {
  return theme.value === "dark" || (theme.value === "light dark" && system.matches);
}

/** The parameters of a request for the description in the person's language. */
export function inLanguage() {
  return { "Accept-Language": language() };
}

/**
 * Shows the documentation in a new element, now and after each change of the language; and of the theme, if `show`
 * takes its colours from there.
 *
 * @param {(root: HTMLElement) => void} show
 * @param {{ hasOwnColours?: boolean }} how
 */
export function open(show, { hasOwnColours = false } = {}) {
  const begin = () => {
    const root = document.createElement("div");
    document.getElementById("docs").replaceChildren(root);
    show(root);
  };
  const dress = () => {
    document.documentElement.style.colorScheme = theme.value;
    document.documentElement.classList.toggle("dark-mode", isDark());
  };
  const change = () => {
    dress();
    if (hasOwnColours) begin();
  };
  const write = () => {
    document.title = "Tabuada: API";
    for (const element of document.querySelectorAll("[data-text]")) element.textContent = TEXTS[language()][element.dataset.text];
  };
  theme.value = kept("theme") ?? "light dark";
  theme.addEventListener("change", () => {
    keep("theme", theme.value === "light dark" ? null : theme.value);
    change();
  });
  system.addEventListener("change", change);
  languages.value = language();
  languages.addEventListener("change", () => speak(languages.value));
  onLanguage(() => {
    write();
    begin();
  });
  translate();
  write();
  dress();
  begin();
}
