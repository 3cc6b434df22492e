// A confirmation dialog.

import { button, make } from "./dom.js";
import { say } from "./words.js";

/**
 * Asks the person to confirm an action.
 *
 * @param {string} question
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  const dialog = make("dialog", { "aria-labelledby": "question", "data-testid": "confirm" });
  const close = (/** @type {string} */ answer) => () => dialog.close(answer);
  dialog.append(
    make("p", { id: "question" }, question),
    make(
      "div",
      { class: "tools" },
      button(yes, close("yes"), { class: "danger", "data-testid": "yes" }),
      button(say("no"), close("no"), { autofocus: true }),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
