// Opens the SCORM content of a lesson in a frame that can reach nothing of this page, and tells what it reports.

const box = document.querySelector("[data-scorm]");
const lesson = document.querySelector("[data-lesson]");
const button = box.querySelector("button");
const said = box.querySelector("[data-scorm-said]");
const word = (what) => box.dataset[`word${what[0].toUpperCase()}${what.slice(1)}`];
let told = null;
let frame = null;

async function open() {
  button.disabled = true;
  said.textContent = "";
  try {
    const headers = { "X-CSRFToken": document.querySelector("[name=csrf_token]").value };
    const answer = await fetch(box.dataset.scorm, { method: "POST", headers });
    if (!answer.ok) throw new Error(answer.status);
    told = await answer.json();
  } catch {
    said.textContent = word("failed");
    button.disabled = false;
    return;
  }
  frame?.remove();
  frame = document.createElement("iframe");
  frame.title = box.dataset.title;
  const handed = JSON.parse(told.name);
  handed.plg.page = location.origin; // its messages are for this page alone
  frame.name = JSON.stringify(handed);
  frame.setAttribute("sandbox", told.sandbox);
  frame.allow = "fullscreen";
  frame.src = told.url;
  box.append(frame);
  button.hidden = true;
  frame.focus();
}

// Only the frame itself is heard: what a page of another site says in its place has another launch, or none.
addEventListener("message", (event) => {
  if (!frame || event.source !== frame.contentWindow || event.origin !== told.origin) return;
  const { plg, launch, what, known } = event.data ?? {};
  if (plg !== "scorm" || launch !== told.launch) return;
  if (what === "saved") {
    said.textContent = word("saved");
    lesson.dispatchEvent(new CustomEvent("plg:look"));
    if (["completed", "passed"].includes(known.status)) onward();
    if (known.ended) close();
  } else if (["unsaved", "refused", "over"].includes(what)) {
    said.textContent = word(what);
    if (what === "over") close();
  }
});

// Now the way leads on: to open it again is the lesser button.
function onward() {
  box.querySelector(".hint")?.remove();
  button.classList.remove("primary");
  document.querySelector("[data-end] form button").classList.add("primary");
}

function close() {
  button.disabled = false;
  button.hidden = false;
  button.textContent = word("again");
}

button.hidden = false;
button.addEventListener("click", open);
