"use strict";
// Everything here is an extra: each page is complete without it.

// Empty fields of a form say nothing: the address stays short enough to be sent to somebody.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  const empty = [...event.formData].filter(([, value]) => value === "").map(([name]) => name);
  for (const name of new Set(empty)) {
    const said = event.formData.getAll(name).filter((value) => value !== "");
    event.formData.delete(name);
    for (const value of said) event.formData.append(name, value);
  }
});

if (navigator.clipboard) {
  for (const from of document.querySelectorAll("pre.copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copier";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(from.textContent.trim());
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    from.after(button);
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
for (const extra of document.querySelectorAll(".needs-js")) extra.hidden = false;
