// A half-written answer stays where it was, also after a look at another conversation; Ctrl+Enter sends it.
"use strict";

const draftKey = () => `draft:${location.pathname}`;

function restoreDraft() {
  const box = document.querySelector("textarea[data-draft]");
  if (box && !box.value) box.value = sessionStorage.getItem(draftKey()) ?? "";
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-draft]")) sessionStorage.setItem(draftKey(), event.target.value);
});
document.addEventListener("replied", () => sessionStorage.removeItem(draftKey()));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea[data-draft]")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});
document.addEventListener("DOMContentLoaded", restoreDraft);
