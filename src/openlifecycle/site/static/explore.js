// Explore, quicker: a measure brings its splits and values without a new page; a long list of
// values can be searched. Without this script the form's own buttons do the same.
"use strict";

const ask = document.querySelector("form.ask");
const fields = document.getElementById("fields");
const said = document.getElementById("fields-said");

/** Return what the form says, without what is left empty. */
function words(more) {
  const found = new FormData(ask);
  const kept = new URLSearchParams();
  for (const [name, value] of found) if (value) kept.append(name, value);
  for (const [name, value] of Object.entries(more || {})) kept.append(name, value);
  return kept;
}

let turn = 0;

/** Return the field of the form now that was another one before. */
function same(one) {
  const kept = (other) => other.name === one.name &&
    (other.value === one.value || !["checkbox", "radio"].includes(one.type));
  return [...fields.querySelectorAll("[name]")].find(kept);
}

/** Put the fields that a measure has, or all values of a dimension, in the place of those shown;
 *  what is filled in meanwhile stays, and so does the place of the keyboard. */
async function bring(more, done) {
  const mine = ++turn;
  const touched = new Set();
  const note = (event) => touched.add(event.target);
  fields.addEventListener("input", note);
  const address = ask.dataset.fields + "?" + words(more);
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  const text = await answer.text();
  fields.removeEventListener("input", note);
  if (mine !== turn) return; // another measure has been chosen since
  if (!answer.ok) return ask.requestSubmit();
  const page = new DOMParser().parseFromString(text, "text/html");
  const held = fields.contains(document.activeElement) ? document.activeElement : null;
  fields.replaceChildren(...page.body.childNodes);
  for (const one of touched) {
    const now = one.name && same(one);
    if (now) [now.checked, now.value] = [one.checked, one.value];
    if (now?.selectedIndex === -1) now.selectedIndex = 0;
  }
  if (held && held.name) same(held)?.focus();
  searchable();
  done();
}

/** Give each long list of values a field that leaves those with its text. */
function searchable() {
  for (const list of fields.querySelectorAll(".checks.many")) {
    const find = document.createElement("input");
    find.type = "search";
    find.className = "find";
    find.placeholder = "Find a value";
    find.setAttribute("aria-label", "Find among the values of " + list.getAttribute("aria-label"));
    find.addEventListener("input", () => {
      const text = find.value.toLowerCase();
      for (const one of list.children) {
        const kept = one.textContent.toLowerCase().includes(text);
        one.hidden = !kept && !one.querySelector("input").checked;
      }
    });
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    list.before(find);
  }
}

if (ask) {
  const measure = document.getElementById("measure");
  const choose = ask.querySelector("button[value=choose]");
  choose.hidden = true;
  measure.addEventListener("change", () => {
    bring({ step: "choose" }, () => {
      said.textContent = "The form now has what can be asked of " +
        measure.selectedOptions[0].textContent;
    });
  });
  fields.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=open]");
    if (!button) return;
    event.preventDefault();
    const name = button.value;
    bring({ open: name }, () => {
      const first = fields.querySelector("details[open] input[value^='" + name + "=']");
      if (first) first.closest("details").querySelector("input").focus();
    });
  });
  // an address without the fields left empty can be read
  ask.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
  searchable();
}
