// Composing a campaign: going to another step keeps what stands in this one; marks, fields and replacements go into the text;
// a file can be dropped where one is chosen.
"use strict";

document.addEventListener("click", (event) => {
  const link = event.target.closest("#stepper a[data-go]");
  const form = document.getElementById("step-form");
  if (!link || !form || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  form.querySelector("input[name=go]")?.remove();
  const where = document.createElement("input");
  Object.assign(where, { type: "hidden", name: "go", value: link.dataset.go });
  form.append(where);
  form.noValidate = true;
  form.requestSubmit();
});

// Cards have forms of their own. What was changed in one and not kept yet is kept before the step is left; a card that is
// refused stays in sight, and so does the step.
const cardForm = (element) => {
  const form = element.closest?.(".compose form:not(#step-form)") ?? element.form;
  return form?.matches(".compose form:not(#step-form)") ? form : null;
};
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = cardForm(event.target);
    if (form) form.dataset.unkept = "";
  });
}
const asker = (event) => event.detail.requestConfig.elt;  // also when it was swapped out: then the event is its parent's
document.addEventListener("htmx:afterRequest", (event) => {
  const form = cardForm(asker(event));
  if (form && event.detail.successful) delete form.dataset.unkept;
});

function kept(form) {
  if (!form.reportValidity()) return false;
  return new Promise((resolve) => {
    const done = (event) => {
      if (!form.contains(asker(event))) return;
      document.removeEventListener("htmx:afterRequest", done);
      resolve(event.detail.successful);
    };
    document.addEventListener("htmx:afterRequest", done);
    const isUnderWay = form.matches(".htmx-request") || form.querySelector(".htmx-request");
    if (!isUnderWay) form.querySelector("button[type=submit]")?.click();
  });
}

document.addEventListener("submit", async (event) => {
  const unkept = [...document.querySelectorAll(".compose form[data-unkept]")].filter((form) => form.querySelector("button[type=submit]"));
  if (event.target.id !== "step-form" || !unkept.length) return;
  event.preventDefault();
  for (const form of unkept) {
    const card = form.closest("section");
    if (!(await kept(form))) return (document.getElementById(card?.id) ?? card)?.scrollIntoView();
  }
  event.target.requestSubmit(event.submitter);
});

// {{ name }}, or with a word for people without it: {{ name|default:"friend" }}
function fieldWords(name) {
  const fallback = document.getElementById("fallback")?.value.replaceAll(/["{}|]/g, "").trim();
  return fallback ? `{{ ${name}|default:"${fallback}" }}` : `{{ ${name} }}`;
}

function wrapSelection(input, mark) {
  const { selectionStart: start, selectionEnd: end, value } = input;
  input.setRangeText(mark + value.slice(start, end) + mark, start, end, "end");
  if (start === end) input.setSelectionRange(start + mark.length, start + mark.length);
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function replaceIn(input, pairs) {
  for (const { replace, with: instead } of pairs) input.value = input.value.replaceAll(replace, instead);
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-field], [data-wrap], [data-replace], [data-replace-all]");
  if (!button) return;
  const input = document.getElementById(button.dataset.into ?? "id_body");
  if ("field" in button.dataset) insertAtCursor(input, fieldWords(button.dataset.field));
  else if ("wrap" in button.dataset) wrapSelection(input, button.dataset.wrap);
  else if ("replace" in button.dataset) replaceIn(input, [button.dataset]);
  else replaceIn(input, [...button.parentElement.querySelectorAll("[data-replace]")].map((each) => each.dataset));
});

// A card with data-drop="ID of a file input" takes a file that is dropped on it.
const dropCard = (event) => (event.dataTransfer?.types.includes("Files") ? event.target.closest?.("[data-drop]") : null);
document.addEventListener("dragover", (event) => {
  const card = dropCard(event);
  if (!card) return;
  event.preventDefault();
  card.classList.add("is-dropping");
});
for (const kind of ["dragleave", "drop", "dragend"]) {
  document.addEventListener(kind, (event) => event.target.closest?.("[data-drop]")?.classList.remove("is-dropping"));
}
document.addEventListener("drop", (event) => {
  const card = dropCard(event);
  const input = document.getElementById(card?.dataset.drop);
  if (!input || !event.dataTransfer.files.length) return;
  event.preventDefault();
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  input.files = one.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
