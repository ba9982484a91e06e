// A file for a reply: chosen, or dropped anywhere on the conversation; its name is shown and it can be taken off again.
"use strict";

const fileInput = () => document.getElementById("reply-file");

function showFile() {
  const input = fileInput();
  const part = input?.closest("[data-attach]");
  if (!part) return;
  const name = part.querySelector("[data-attach-name]");
  name.dataset.empty ??= name.textContent;
  name.textContent = input.files[0]?.name ?? name.dataset.empty;
  part.querySelector("[data-attach-clear]").hidden = !input.files.length;
}

// An answer that was not sent yet comes back with its words; what lay beside them is put back here.
const beside = () => [...document.querySelectorAll("[data-attach] input:not([type=file])")];
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const isUnsent = event.detail.target.id === "reply" && event.detail.xhr.status === 422;
  kept = isUnsent ? { files: fileInput()?.files, words: beside().map((input) => input.value) } : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (!kept || !fileInput()) return;
  fileInput().files = kept.files;
  beside().forEach((input, place) => (input.value = kept.words[place] ?? ""));
  kept = null;
  showFile();
});

document.addEventListener("change", (event) => event.target.id === "reply-file" && showFile());
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-attach-clear]")) return;
  fileInput().value = "";
  showFile();
  fileInput().focus();
});
document.addEventListener("dragover", (event) => {
  if (!fileInput() || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.getElementById("reply").classList.add("is-dropping");
});
for (const kind of ["dragleave", "drop", "dragend"]) {
  document.addEventListener(kind, () => document.getElementById("reply")?.classList.remove("is-dropping"));
}
document.addEventListener("drop", (event) => {
  if (!fileInput() || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  fileInput().files = one.files;
  showFile();
});
