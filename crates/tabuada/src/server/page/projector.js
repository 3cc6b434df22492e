// Projector mode: the field, the answer, its road and the curve alone, legible from the last row of a classroom.

import { byId, onKey } from "./dom.js";

const ROOT = document.documentElement;

/**
 * Connects the key `P` and the button, and looks at the address.
 *
 * @param {{ focus: () => void }} told `focus`: moves the focus to the field
 */
export function project({ focus }) {
  const button = byId("projector", HTMLButtonElement);
  const trip = byId("trip", HTMLDetailsElement);
  let wasOpen = trip.open;
  const show = (/** @type {boolean} */ isOn) => {
    ROOT.toggleAttribute("data-projector", isOn);
    button.setAttribute("aria-pressed", String(isOn));
    if (isOn) wasOpen = trip.open;
    trip.open = isOn || wasOpen;
    const address = new URL(location.href);
    if (isOn) address.searchParams.set("projector", "1");
    else address.searchParams.delete("projector");
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  };
  const change = (/** @type {boolean} */ isOn) => {
    show(isOn);
    focus();
  };
  const isOn = () => ROOT.hasAttribute("data-projector");
  button.addEventListener("click", () => change(!isOn()));
  onKey("p", () => change(!isOn()));
  onKey("escape", () => isOn() && change(false));
  if (new URLSearchParams(location.search).get("projector") === "1") show(true);
}
