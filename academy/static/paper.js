// Comforts of the quiz page, which works without them: a clock that counts down, answers saved as they are chosen, and
// kept in the browser while the network is away.

const form = document.querySelector("form.paper");
const clock = form?.querySelector("[data-seconds]");
const status = form?.querySelector("[data-status]");
const PAUSE = 700;
const AGAIN = 5000;
const kept = `plg-attempt-${form?.dataset.attempt}`;
let timer = 0;
let saving = null;
let sending = false;
let waiting = null; // the button that was pressed while the network was away
let unsure = null; // what was sent last, while nobody knows whether it arrived
let left = 0;
let end = performance.now() + 1000 * (clock?.dataset.seconds || 0);

function show(key) {
  status.textContent = form.dataset[key];
}

function answers() {
  return [...new FormData(form)].filter(([name]) => name.startsWith("answer-"));
}

function keep() {
  try {
    localStorage.setItem(kept, JSON.stringify({ sequence: form.elements.sequence.value, answers: answers() }));
  } catch {
    // A browser that keeps nothing still sends what is on the page.
  }
}

function forget() {
  try {
    localStorage.removeItem(kept);
  } catch {
    // as above
  }
}

// What a page that was closed without a network had not sent yet; nothing, where something was saved since.
function restore() {
  let found = null;
  try {
    found = JSON.parse(localStorage.getItem(kept));
  } catch {
    return;
  }
  if (found?.sequence !== form.elements.sequence.value) return forget();
  for (const input of form.querySelectorAll("[name^=answer-]:not([type=hidden])")) {
    const values = found.answers.filter(([name]) => name === input.name).map(([, value]) => value);
    if (input.type === "radio" || input.type === "checkbox") input.checked = values.includes(input.value);
    else input.value = values[[...form.querySelectorAll(`[name="${input.name}"]`)].indexOf(input)] ?? "";
  }
  later(0);
}

function snapshot() {
  const body = new FormData(form);
  body.set("act", "draft");
  body.set("left", left);
  for (const file of form.querySelectorAll("[type=file]")) body.delete(file.name); // sent by its own button
  return body;
}

// A save whose answer was lost may have been taken: it is sent again as it was, before anything new is.
async function save() {
  timer = 0;
  const body = unsure || snapshot();
  const again = body === unsure;
  unsure = body;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.status >= 500) throw new Error(answer.status);
    unsure = null;
    const told = await answer.json();
    if (answer.ok) saved(told, again);
    else if (["attempt_expired", "attempt_finished"].includes(told.code)) location.assign(form.action);
    else show(answer.status === 409 ? "stale" : "unsaved");
  } catch {
    keep();
    show(navigator.onLine ? "unsaved" : "offline");
    later(AGAIN);
  }
}

function saved(told, again) {
  form.elements.sequence.value = told.sequence;
  if (clock) end = performance.now() + 1000 * told.seconds_left; // staff may have given more time
  if (again) return later(0);
  forget();
  show("saved");
  if (waiting) form.requestSubmit(waiting);
}

function later(pause = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    saving = (saving || Promise.resolve()).then(save).finally(() => (saving = null));
  }, pause);
}

function tick() {
  const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  clock.classList.toggle("short", seconds < 60);
  if (seconds === 0 && !sending) form.requestSubmit(form.querySelector("[value=submit]"));
  if (seconds > 0) setTimeout(tick, 1000);
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
    if (!navigator.onLine) {
      event.preventDefault();
      waiting = event.submitter;
      keep();
      show("offline");
    } else if (saving) {
      // The save on its way moves the sequence on; the form goes after it, with the new one.
      event.preventDefault();
      saving.finally(() => form.requestSubmit(event.submitter));
    } else {
      sending = true;
      waiting = null;
      forget();
    }
  });
  addEventListener("online", () => later(0));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !sending) left += 1;
    else if (!document.hidden) later();
  });
  restore();
}
if (clock) tick();
