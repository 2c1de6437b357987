"use strict";
// The list filters while one types; without this the form does the same. A circle follows its row.

const field = document.getElementById("q");
const table = document.getElementById("facilities");
const count = document.getElementById("count");

if (field && table) {
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    text: row.dataset.text,
    whole: new Set(row.dataset.text.split(/\s+/)),
    address: row.querySelector("a").getAttribute("href"),
  }));
  const dots = [...document.querySelectorAll("#map .dots a")];
  const asked = field.value.trim();
  const fits = (one, words) =>
    words.every((word) => (word.length < 3 ? one.whole.has(word) : one.text.includes(word)));

  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set();
    for (const one of rows) {
      one.row.hidden = !fits(one, words);
      if (!one.row.hidden) shown.add(one.address);
    }
    for (const dot of dots) dot.classList.toggle("out", !shown.has(dot.getAttribute("href")));
    count.textContent = `${shown.size} of ${rows.length} facilities`;
  };
  // What the server left out cannot be shown again here: that needs the button.
  field.addEventListener("input", () => {
    if (!asked || field.value.toLowerCase().includes(asked.toLowerCase())) filter();
  });
}
