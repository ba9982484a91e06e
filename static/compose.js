// Composing a campaign: going to another step keeps what stands in this one.
"use strict";

document.addEventListener("click", (event) => {
  const link = event.target.closest("#stepper a[data-go]");
  const form = document.getElementById("step-form");
  if (!link || !form || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const where = document.createElement("input");
  Object.assign(where, { type: "hidden", name: "go", value: link.dataset.go });
  form.append(where);
  form.noValidate = true;
  form.requestSubmit();
});
