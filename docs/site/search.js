// Finds the sections that have all words of the question in them, whatever their case and accents.
const book = document.currentScript.dataset.book;
const input = document.getElementById("search");
const found = document.getElementById("found");
const SHOWN = 15;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
// Once somebody asks: it takes some milliseconds.
let sections;
const read = () =>
  PAGES.map(([place, page, heading, text]) => ({ place, page, heading, head: plain(`${page} ${heading}`), body: plain(text) }));

/** How well a section fits: a word in its heading counts as ten in its text; 0 if a word is missing. */
function rank(section, words) {
  let sum = 0;
  for (const word of words) {
    const inHead = section.head.includes(word) ? 10 : 0;
    const inBody = Math.min(section.body.split(word).length - 1, 9);
    if (inHead + inBody === 0) return 0;
    sum += inHead + inBody;
  }
  return sum;
}

function show() {
  const words = plain(input.value).split(/\s+/).filter(Boolean);
  found.replaceChildren();
  if (words.length === 0) return;
  sections ??= read();
  const ranked = sections
    .map((section) => [rank(section, words), section])
    .filter(([points]) => points > 0)
    .sort(([one], [other]) => other - one)
    .slice(0, SHOWN);
  for (const [, section] of ranked) {
    const link = document.createElement("a");
    link.href = book + section.place;
    link.textContent = section.heading === section.page ? section.page : `${section.page}: ${section.heading}`;
    found.appendChild(document.createElement("li")).append(link);
  }
  if (ranked.length === 0) found.appendChild(document.createElement("li")).textContent = input.dataset.nothing;
}

input.addEventListener("input", show);
input.form.addEventListener("submit", (event) => {
  event.preventDefault();
  found.querySelector("a")?.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    input.value = "";
    show();
  } else if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  }
});
