// The little that HTML and HTMX do not do: theme, toasts, charts, copying. Everything works without it, only less nicely.
"use strict";

// Before the first paint (this file is loaded without `defer`): the colours the person chose, else the system's.
const theme = { get: () => localStorage.getItem("theme"), root: document.documentElement };
function applyTheme() {
  const chosen = theme.get();
  if (chosen) theme.root.dataset.bsTheme = chosen;
  else delete theme.root.dataset.bsTheme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (chosen ?? "")));
  }
}
applyTheme();

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice], [data-dismiss], [data-copy], [data-insert]");
  if (!button) return;
  if ("themeChoice" in button.dataset) {
    if (button.dataset.themeChoice) localStorage.setItem("theme", button.dataset.themeChoice);
    else localStorage.removeItem("theme");
    applyTheme();
    drawCharts(true);
  } else if ("dismiss" in button.dataset) {
    button.closest(".toast-note").remove();
  } else if ("copy" in button.dataset) {
    navigator.clipboard.writeText(button.dataset.copy).then(() => toast("copied"));
  } else {
    insertAtCursor(document.getElementById(button.dataset.into), button.dataset.insert);
  }
});

// <button type="button" data-insert="{{ name }}" data-into="id_body">
function insertAtCursor(input, text) {
  input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// Toasts: good news goes by itself, bad news stays until it is closed.
function armToasts() {
  for (const note of document.querySelectorAll(".toast-note[data-fades]:not([data-armed])")) {
    note.dataset.armed = "";
    let timer = 0;
    const start = () => (timer = setTimeout(() => note.remove(), 7000));
    note.addEventListener("pointerenter", () => clearTimeout(timer));
    note.addEventListener("pointerleave", start);
    note.addEventListener("focusin", () => clearTimeout(timer));
    start();
  }
}

// Says a sentence kept in base.html as <template id="toast-NAME">, once at a time.
function toast(name) {
  const shown = document.querySelector(`#toasts [data-toast="${name}"]`);
  if (shown) return;
  const note = document.getElementById(`toast-${name}`)?.content.firstElementChild.cloneNode(true);
  if (!note) return;
  note.dataset.toast = name;
  document.getElementById("toasts").append(note);
  armToasts();
}

// A page that nobody looks at asks nothing: no load for the gateway, and nothing counts as read.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.getAttribute("hx-trigger")?.includes("every ")) event.preventDefault();
});

document.addEventListener("htmx:sendError", () => toast("offline"));
document.addEventListener("htmx:timeout", () => toast("offline"));
document.addEventListener("htmx:responseError", (event) => toast(event.detail.xhr.status === 403 ? "forbidden" : "failed"));
document.addEventListener("htmx:beforeSwap", (event) => {
  document.querySelector('#toasts [data-toast="offline"]')?.remove();
  // Signed out meanwhile: a part would receive the sign-in page, so go there as a whole.
  const path = new URL(event.detail.xhr.responseURL || location.href, location.href).pathname;
  if (path === document.body.dataset.loginUrl) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});

// Charts: <canvas data-chart="ID of a json_script">. Chart.js is fetched when the first one is there.
let chartLibrary = null;
function loadChartLibrary() {
  chartLibrary ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.body.dataset.chartSrc;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return chartLibrary;
}

async function drawCharts(again = false) {
  const canvases = [...document.querySelectorAll("canvas[data-chart]")];
  if (!canvases.length) return;
  await loadChartLibrary();
  for (const canvas of canvases) {
    const source = document.getElementById(canvas.dataset.chart)?.textContent;
    if (!source || (!again && canvas.drawnFrom === source)) continue;
    const isUpdate = Boolean(Chart.getChart(canvas));
    Chart.getChart(canvas)?.destroy();
    canvas.drawnFrom = source;
    new Chart(canvas, chartOptions(JSON.parse(source), isUpdate));
  }
}

// Lines are told apart by mark and dash too, not by their colours alone.
const MARKS = ["circle", "triangle", "rect", "rectRot", "star", "crossRot"];
const DASHES = [[], [6, 3], [2, 2], [9, 3, 2, 3], [1, 3], [4, 4]];

function chartOptions({ kind, labels, series, stacked }, isUpdate) {
  const ink = colour("--muted");
  const grid = colour("--rule");
  const round = kind === "doughnut";
  const datasets = series.map(({ label, values, tone }, at) => {
    const tones = Array.isArray(tone) ? tone.map((name) => colour(`--${name}-line`)) : colour(`--${tone ?? "read"}-line`);
    const look = { backgroundColor: tones, borderColor: round ? colour("--surface") : tones };
    if (kind === "line") Object.assign(look, { pointStyle: MARKS[at % MARKS.length], borderDash: DASHES[at % DASHES.length], pointRadius: labels.length > 60 ? 0 : 4 });
    return { label, data: values, borderWidth: round ? 2 : kind === "line" ? 2 : 0, pointRadius: 2, tension: 0.25, borderRadius: round ? 0 : 3, maxBarThickness: 36, ...look };
  });
  const axis = (more) => ({ stacked, ticks: { color: ink, precision: 0, maxRotation: 0, autoSkipPadding: 12 }, border: { color: grid }, ...more });
  return {
    type: kind,
    data: { labels, datasets },
    options: {
      maintainAspectRatio: false,
      animation: isUpdate || matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 400 },
      interaction: { mode: "index", intersect: false },
      scales: round ? {} : { x: axis({ grid: { display: false }, offset: kind === "bar" || labels.length < 3 }), y: axis({ beginAtZero: true, grid: { color: grid } }) },
      plugins: { legend: { display: round || series.length > 1, position: "bottom", labels: { color: ink, boxWidth: 12, boxHeight: 12, usePointStyle: kind === "line" } } },
    },
  };
}

// A canvas knows no light-dark(): let the browser work a token out.
function colour(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

document.addEventListener("DOMContentLoaded", () => {
  applyTheme();
  armToasts();
  drawCharts();
  for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
});
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  if (event.target.matches?.("canvas[data-chart]")) globalThis.Chart?.getChart(event.target)?.destroy();
});
document.addEventListener("htmx:afterSettle", () => {
  armToasts();
  drawCharts();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts(true));
