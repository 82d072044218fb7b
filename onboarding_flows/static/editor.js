// The form of a draft shows the fields of what is chosen. Without this file they come when the draft is saved.

function follow(select) {
  const parts = document.querySelectorAll(`[data-when^="${CSS.escape(select.name)}="]`);
  for (const part of parts) {
    const wanted = part.dataset.when.slice(select.name.length + 1);
    part.hidden = wanted === "!" ? !select.value : wanted !== select.value;
  }
}

for (const select of document.querySelectorAll(".editor select")) {
  select.addEventListener("change", () => follow(select));
}

// What was typed and not saved is not lost by a slip.
const form = document.querySelector("form.editor");
let changed = false;
form?.addEventListener("input", () => { changed = true; });
form?.addEventListener("rule-changed", () => { changed = true; });
form?.addEventListener("submit", () => { changed = false; });
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
