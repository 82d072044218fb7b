// Comforts of the quiz page, which works without them: a clock that counts down, and answers saved as they are chosen.

const form = document.querySelector("form.paper");
const clock = form?.querySelector("[data-seconds]");
const status = form?.querySelector("[data-status]");
const PAUSE = 700;
let timer = 0;
let saving = null;
let sending = false;

function show(key) {
  status.textContent = form.dataset[key];
}

async function save() {
  timer = 0;
  const body = new FormData(form);
  body.set("act", "save");
  for (const file of form.querySelectorAll("[type=file]")) body.delete(file.name); // sent by its own button
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) {
      form.elements.sequence.value = (await answer.json()).sequence;
      show("saved");
    } else {
      show(answer.status === 409 ? "stale" : "unsaved");
    }
  } catch {
    show("unsaved");
    later(5000);
  }
}

function later(pause = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    saving = (saving || Promise.resolve()).then(save).finally(() => (saving = null));
  }, pause);
}

function tick(end) {
  const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  clock.classList.toggle("short", left < 60);
  if (left === 0 && !sending) form.requestSubmit(form.querySelector("[value=submit]"));
  else setTimeout(() => tick(end), 1000);
}

// A place of a picture chooses the option of the same place.
function point(area) {
  const question = area.closest(".question");
  const option = question.querySelector(`input[value="${area.dataset.place}"]`);
  const mark = () => area.classList.toggle("chosen", option.checked);
  area.closest(".picture").classList.add("ready");
  area.addEventListener("click", () => option.click());
  question.addEventListener("change", mark);
  mark();
}

if (form) {
  form.addEventListener("input", () => later(2000));
  form.addEventListener("change", () => later());
  for (const area of form.querySelectorAll(".picture rect")) point(area);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    // The save on its way moves the sequence on; the form goes after it, with the new one.
    if (saving) {
      event.preventDefault();
      saving.finally(() => form.requestSubmit(event.submitter));
    } else {
      sending = true;
    }
  });
}
if (clock) tick(performance.now() + 1000 * clock.dataset.seconds);
