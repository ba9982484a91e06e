// The box of a conversation: Ctrl+Enter sends, "/" suggests canned replies, and a draft leaves with the page.
"use strict";

const box = () => document.querySelector("textarea[data-draft]");
let isKept = true; // whether the server has what is in the box

document.addEventListener("input", (event) => {
  if (!event.target.matches("textarea[data-draft]")) return;
  isKept = false;
  suggest(event.target);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) return;
  if (event.detail.elt.matches("textarea[data-draft]")) isKept = true;
  if (event.detail.elt.matches("form[data-clears]")) {
    event.detail.elt.reset();
    event.detail.elt.closest("[popover]").hidePopover();
  }
});
document.addEventListener("replied", () => (isKept = true));
window.addEventListener("pagehide", () => {
  const form = box()?.form;
  if (!form || isKept) return;
  const draft = new FormData(form);
  draft.delete("file"); // a draft is words, and a beacon is small
  navigator.sendBeacon(form.dataset.draftUrl, draft);
});

// Canned replies: the last word before the cursor, if it begins with a slash.
function slashed(input) {
  return /(?:^|\s)\/([\w-]{0,40})$/.exec(input.value.slice(0, input.selectionStart));
}

let asked = 0;
async function suggest(input) {
  const found = slashed(input);
  const mine = ++asked;
  if (!found) return hideSuggestions();
  const answer = await fetch(`${input.dataset.suggestions}?q=${encodeURIComponent(found[1])}`);
  if (!answer.ok || mine !== asked) return;
  const part = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("suggestions");
  if (part) document.getElementById("suggestions")?.replaceWith(part);
  choose(options()[0]);
}

const options = () => [...document.querySelectorAll("#suggestions [role=option]")];
const chosen = () => document.querySelector("#suggestions [aria-selected=true]");
const hideSuggestions = () => document.getElementById("suggestions")?.replaceChildren();

function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  option?.scrollIntoView({ block: "nearest" });
}

function take(option) {
  const input = box();
  const found = slashed(input);
  const start = found ? input.selectionStart - found[1].length - 1 : input.selectionStart;
  input.setRangeText(option.dataset.reply, start, input.selectionStart, "end");
  asked++;
  hideSuggestions();
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const option = event.target.closest?.("#suggestions [role=option]");
  if (option) take(option);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("textarea[data-draft]")) return;
  const now = chosen();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (now && (event.key === "Enter" || event.key === "Tab")) {
    event.preventDefault();
    take(now);
  } else if (now && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const all = options();
    choose(all[(all.indexOf(now) + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
  } else if (now && event.key === "Escape") {
    hideSuggestions();
  }
});
