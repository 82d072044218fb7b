// The form of a rule, alive: the count follows what is typed, and buttons change the rule in its place. Without this
// file the same buttons send the page's form.

const WAIT = 400;

class Rule {
  constructor(box) {
    this.box = box;
    this.name = box.dataset.rule;
    box.addEventListener("input", () => this.later());
    box.addEventListener("change", (event) => this.changed(event));
    box.addEventListener("click", (event) => this.pressed(event));
    if (box.querySelector("[data-count]")) this.later(0);
  }

  later(wait = WAIT) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.count(), wait);
  }

  // What may be asked of a field hangs on the field, so that its part is drawn anew.
  changed(event) {
    if (/:(field|kind)$/.test(event.target.name)) this.redraw("", event.target.name);
  }

  pressed(event) {
    const button = event.target.closest("button[name=do]");
    if (!button?.value.startsWith(`rule|${this.name}|`)) return;
    event.preventDefault();
    if (button.value.split("|")[2] === "count") this.count();
    else this.redraw(button.value);
  }

  async ask(change) {
    this.asking?.abort();
    this.asking = new AbortController();
    const { url, legend, nothing } = this.box.dataset;
    const fields = new FormData();
    for (const [name, value] of new FormData(this.box.closest("form"))) {
      if (name === "csrf_token" || name.startsWith(`${this.name}:`)) fields.append(name, value);
    }
    for (const [name, value] of Object.entries({ name: this.name, do: change, legend, nothing })) fields.set(name, value);
    const answer = await fetch(url, { method: "POST", body: fields, signal: this.asking.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("[data-rule]");
  }

  async count() {
    const fresh = await this.ask("").catch(() => null);
    const told = this.box.querySelector("[data-count]");
    const news = fresh?.querySelector("[data-count]");
    if (told && news && told.innerHTML !== news.innerHTML) told.replaceChildren(...news.childNodes);
  }

  controls() {
    return [...this.box.querySelectorAll("input:not([type=hidden]), select")];
  }

  async redraw(change, changed) {
    clearTimeout(this.timer);
    const asked = new Map(this.controls().map((each) => [each.name, each.value]));
    const fresh = await this.ask(change).catch(() => null);
    if (!fresh) return;
    // What was typed while the server answered is kept; a button may have given the parts other names.
    const typed = change ? [] : this.controls().filter((each) => each.value !== asked.get(each.name));
    const focused = !change && this.box.contains(document.activeElement) ? document.activeElement.name : "";
    this.box.replaceChildren(...fresh.childNodes);
    const controls = this.controls();
    const named = (name) => controls.find((each) => name && each.name === name);
    for (const { name, value } of typed) if (named(name)) named(name).value = value;
    const added = controls.find((each) => !asked.has(each.name) && each.localName === "input");
    (changed ? named(focused) : (added ?? this.box.querySelector("button")))?.focus();
    if (typed.length) this.later();
    this.box.dispatchEvent(new Event("rule-changed", { bubbles: true }));
  }
}

for (const box of document.querySelectorAll("[data-rule]")) new Rule(box);
