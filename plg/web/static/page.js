// Small comforts on pages that work without them. Controls that need this file arrive hidden and are shown here.

function passwordToggle(button) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    input.focus();
  });
  // A browser offers to remember a password only when it leaves as one.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

function copyButton(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

function menu(details) {
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary").focus();
  });
}

// What scrolls sideways must be reachable by keyboard.
function scrollable(box) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}

for (const input of document.querySelectorAll("input[data-timezone]")) {
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
for (const link of document.querySelectorAll("a[data-follow]")) {
  setTimeout(() => location.replace(link.href), 2000);
}
document.querySelectorAll("button[data-shows]").forEach(passwordToggle);
document.querySelectorAll("button[data-copies]").forEach(copyButton);
document.querySelectorAll("pre, .table-wrap").forEach(scrollable);
document.querySelectorAll("details.menu").forEach(menu);
document.querySelector(".error-summary")?.focus();
