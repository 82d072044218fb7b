// While a new password is typed, plg says how hard it is to guess. The field's data-strength is where it asks.

const PAUSE = 350; // ms

function watch(input) {
  const note = document.createElement("p");
  note.className = "hint strength";
  note.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.max = 4;
  bar.hidden = true;
  bar.setAttribute("aria-hidden", "true");
  input.closest(".field").append(bar, note);
  let timer, asked = 0;

  async function ask() {
    const mine = ++asked;
    const fields = new URLSearchParams();
    for (const name of ["csrf_token", "email", "username", "name", "company"]) {
      const field = input.form.elements[name];
      if (field) fields.set(name, field.value);
    }
    fields.set("password", input.value);
    const answer = await fetch(input.dataset.strength, { method: "POST", body: fields });
    if (!answer.ok || mine !== asked) return;
    const told = await answer.json();
    note.textContent = told.text;
    bar.hidden = false;
    bar.value = Math.max(told.score, 0.4);
    bar.className = told.score <= 1 ? "danger" : told.score === 2 ? "warn" : "";
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asked += 1;
    note.textContent = "";
    bar.hidden = true;
    if (input.value.length >= input.minLength) timer = setTimeout(ask, PAUSE);
  });
}

document.querySelectorAll("input[data-strength]").forEach(watch);
