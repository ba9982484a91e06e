// The same moment by the viewer's own clock, where that shows another one: behind a moment that is told, and below one that is
// typed. Nobody has to choose a zone for it: the browser knows its own.
"use strict";

const viewerZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// What a zone's wall clock shows at an instant, as milliseconds since 1970 were it UTC.
function wallClock(instant, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(instant);
  const at = Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute);
}

// The instant at which a zone's wall clock shows "2026-11-22T09:00".
function instantOf(text, zone) {
  const wall = Date.parse(`${text}Z`);
  const guess = wall - (wallClock(wall, zone) - wall);
  return guess - (wallClock(guess, zone) - wall);
}

function told(instant, words) {
  const moment = new Intl.DateTimeFormat(document.documentElement.lang, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: viewerZone,
  }).format(instant);
  return words.replace("{moment}", moment).replace("{zone}", viewerZone);
}

function differs(instant, zone) {
  return Number.isFinite(instant) && wallClock(instant, zone) !== wallClock(instant, viewerZone);
}

function showTyped(output) {
  const typed = document.getElementById(output.dataset.viewerOf)?.value;
  const instant = typed ? instantOf(typed, output.dataset.zone) : NaN;
  output.textContent = differs(instant, output.dataset.zone) ? told(instant, output.dataset.words) : "";
}

function showTold(list) {
  for (const time of list.querySelectorAll("time.num[datetime]:not([data-told])")) {
    time.dataset.told = "";
    const instant = Date.parse(time.dateTime);
    if (!differs(instant, list.dataset.zone)) continue;
    const note = document.createElement("span");
    note.className = "viewer-time";
    note.textContent = told(instant, list.dataset.viewerWords);
    time.after(note);
  }
}

function showAll() {
  document.querySelectorAll("[data-viewer-of]").forEach(showTyped);
  document.querySelectorAll("[data-viewer-words]").forEach(showTold);
}

document.addEventListener("input", (event) => {
  document.querySelectorAll("[data-viewer-of]").forEach((output) => {
    if (output.dataset.viewerOf === event.target.id) showTyped(output);
  });
});
document.addEventListener("htmx:afterSettle", showAll);
showAll();
