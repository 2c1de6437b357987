// A chart that tells its values: once a pointer or a finger is on the picture, the browser draws
// it itself, with what the server has of Vega. Without this script the picture and the table stay.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const NARROWEST = 100; // pixels
const TITLED = 740; // pixels that the title of a large chart needs
let bundle = null;

function vega(address) {
  bundle ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  return bundle;
}

// what the rows of a chart are called in its spec (publishing/chart.py), and on the page
const TOLD = { period: "period", series: "of", shown: "value", note: "marks" };

/** Show the values of what is pointed at; the policy of this page allows no style in strings. */
function tip(handler, event, item, value) {
  let box = document.querySelector(".chart-tip");
  // the area around a point holds the point, which holds the row
  const row = item?.datum?.datum ?? item?.datum;
  if (!value || !row || row.shown === undefined) {
    if (box) box.hidden = true;
    return;
  }
  if (!box) {
    box = document.createElement("div");
    box.className = "chart-tip";
    document.body.append(box);
  }
  const list = document.createElement("dl");
  for (const [name, title] of Object.entries(TOLD)) {
    if (!row[name]) continue;
    const term = document.createElement("dt");
    term.textContent = title;
    const told = document.createElement("dd");
    told.textContent = row[name];
    list.append(term, told);
  }
  box.replaceChildren(list);
  box.hidden = false;
  const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
  const below = event.clientY + 14 + box.offsetHeight < innerHeight;
  box.style.left = Math.max(4, left) + "px";
  box.style.top = (below ? event.clientY + 14 : event.clientY - box.offsetHeight - 10) + "px";
}

async function live(figure) {
  const look = (dark.matches ? "&theme=dark" : "") +
    (figure.clientWidth < TITLED ? "&size=small" : "");
  if (figure.dataset.look === look) return;
  figure.dataset.look = look;
  const [spec] = await Promise.all([
    fetch(figure.dataset.spec + look).then((answer) => {
      if (!answer.ok) throw new Error("no chart");
      return answer.json();
    }),
    vega(figure.dataset.vega),
  ]);
  if (figure.dataset.look !== look) return;
  figure.querySelector(".live")?.remove();
  const place = document.createElement("div");
  place.className = "live";
  place.setAttribute("aria-hidden", "true"); // the picture has the words, the table the values
  figure.append(place);
  const { view } = await window.vegaEmbed(place, spec, {
    mode: "vega", ast: true, actions: false, defaultStyle: false, renderer: "canvas", tooltip: tip,
    logLevel: 1, // errors: that no point is hollow is no matter for a warning
  });
  // a picture is made smaller with all that is in it; a drawing only gets less wide
  const over = () => place.querySelector("canvas").offsetWidth - figure.clientWidth;
  await view.width(Math.max(NARROWEST, view.width() - over())).runAsync();
  if (over() > 2) return place.remove();
  figure.querySelector("picture").classList.add("sr-only");
}

for (const figure of document.querySelectorAll("figure.chart[data-spec]")) {
  const start = () => live(figure).catch(() => {});
  figure.addEventListener("pointerenter", start, { once: true });
  dark.addEventListener("change", () => { if (figure.dataset.look !== undefined) start(); });
}
