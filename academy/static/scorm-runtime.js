// SCORM 1.2 for content: `window.API`, which answers at once from what the lesson's page handed over in the name of
// this frame, and tells the server what was written. It stands beside the content, on an origin that is not plg's.
(() => {
  "use strict";
  const here = document.currentScript.src.replace(/runtime\.js.*$/, "");
  const SOON = 5000;
  const AGAIN = 4000;
  const KEPT_ALIVE = 60000; // bytes that a browser sends after a page has gone
  const WORDS = {
    0: "No error", 101: "General exception", 201: "Invalid argument", 202: "Element cannot have children",
    203: "Element is not an array and has no count", 301: "Not initialized", 401: "Not implemented",
    402: "Invalid set value, element is a keyword", 403: "Element is read only", 404: "Element is write only",
    405: "Incorrect data type",
  };

  let start;
  try {
    start = JSON.parse(window.name).plg;
  } catch {
    return; // a page within the content: what it looks for stands above it
  }
  if (!start?.model) return;

  const { model } = start;
  const values = new Map(Object.entries(start.values));
  const written = new Map(Object.entries(start.written ?? {}));
  let { sequence = 0, launch } = start;
  let state = "new"; // new, running, over
  let error = 0;
  let dirty = false;
  let sending = false;
  let stale = false;
  let timer = 0;

  const no = (code, answer = "false") => { error = code; return answer; };
  const yes = (answer = "true") => { error = 0; return answer; };
  const general = (name) => name.replace(/\.(?:0|[1-9][0-9]{0,4})(?=\.)/g, ".n");
  const matches = (pattern, value) => new RegExp(`^(?:${pattern})$`, "u").test(value);

  function count(prefix) {
    let most = start.counts[prefix] ?? 0;
    for (const name of [...values.keys(), ...written.keys()]) {
      if (name.startsWith(`${prefix}.`)) most = Math.max(most, 1 + parseInt(name.slice(prefix.length + 1), 10) || 0);
    }
    return most;
  }

  // Whether every number in the name stands for an entry that is there, or for the next one where one may be added.
  function reaches(name, adding) {
    const parts = name.split(".");
    return parts.every((part, at) => {
      if (!/^[0-9]+$/.test(part)) return true;
      const known = count(parts.slice(0, at).join("."));
      return adding ? Number(part) <= known : Number(part) < known;
    });
  }

  const isList = (prefix) => Object.keys(model).some((name) => name.startsWith(`${general(`${prefix}.0.`).slice(0, -1)}`));
  const isGroup = (prefix) => Object.keys(model).some((name) => name.startsWith(`${general(`${prefix}.`)}`));

  function read(name) {
    if (name === "") return no(201, "");
    const element = model[general(name)];
    const [, prefix, keyword] = /^(.+)\.(_children|_count)$/.exec(name) ?? [];
    if (!element && keyword === "_count" && isGroup(prefix)) {
      return isList(prefix) && reaches(`${prefix}.`, false) ? yes(String(count(prefix))) : no(203, "");
    }
    if (!element && keyword === "_children" && (isGroup(prefix) || model[general(prefix)])) return no(202, "");
    if (!element) return no(name.startsWith("cmi.") ? 401 : 201, "");
    if (!element[0].includes("r")) return no(404, "");
    if (!reaches(name, false)) return no(201, "");
    return yes(element[4] ?? values.get(name) ?? "");
  }

  function write(name, value) {
    if (name === "") return no(201);
    const element = model[general(name)];
    if (/\._(children|count|version)$|^cmi\._version$/.test(name)) return no(402);
    if (!element) return no(name.startsWith("cmi.") ? 401 : 201);
    if (!element[0].includes("w")) return no(403);
    const [, pattern, low, high] = element;
    if (!matches(pattern, value)) return no(405);
    if (low !== null && value !== "" && !(low <= Number(value) && Number(value) <= high)) return no(405);
    if (!reaches(name, true)) return no(201);
    if (name === "cmi.comments") value = (values.get(name) ?? "") + value;
    if (!matches(pattern, value)) return no(405);
    values.set(name, value);
    written.set(name, value);
    dirty = true;
    remember();
    later(SOON);
    return yes();
  }

  // The content may go on to another page in this frame, which begins where this one is left.
  function remember() {
    const known = { values: Object.fromEntries(values), written: Object.fromEntries(written), sequence };
    window.name = JSON.stringify({ plg: { ...start, ...known } });
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(() => tell(false), pause);
  }

  // All that was written in this launch, with a number: whatever comes twice or late does no harm.
  async function tell(ended) {
    clearTimeout(timer);
    if (stale || (sending && !ended && !document.hidden)) return;
    dirty = false;
    sending = true;
    sequence += 1;
    remember();
    const body = JSON.stringify({ sequence, values: Object.fromEntries(written), ended });
    try {
      // As plain text, so that no question has to be asked before: there is no time for one when a page goes.
      const sent = { method: "POST", headers: { "Content-Type": "text/plain" }, body, keepalive: body.length < KEPT_ALIVE };
      const answer = await fetch(`${here}run`, sent);
      if (answer.ok) say("saved", await answer.json());
      else if (answer.status === 409 || answer.status === 404) over();
      else if (answer.status < 500 && answer.status !== 429) say("refused", await answer.json());
      else throw new Error(answer.status);
    } catch {
      dirty = true;
      say("unsaved", {});
      setTimeout(() => dirty && tell(ended), AGAIN);
      return;
    } finally {
      sending = false;
    }
    if (dirty) tell(false);
  }

  function over() {
    stale = true;
    say("over", {});
  }

  function say(what, known) {
    page.postMessage({ plg: "scorm", launch, what, known }, start.page);
  }

  const api = {
    LMSInitialize(argument = "") {
      if (argument !== "") return no(201);
      if (state !== "new") return no(101);
      state = "running";
      return yes();
    },
    LMSFinish(argument = "") {
      if (argument !== "") return no(201);
      if (state !== "running") return no(301);
      state = "over";
      tell(true);
      return yes();
    },
    LMSGetValue(name) {
      return state === "running" ? read(String(name ?? "")) : no(301, "");
    },
    LMSSetValue(name, value) {
      return state === "running" ? write(String(name ?? ""), String(value ?? "")) : no(301);
    },
    LMSCommit(argument = "") {
      if (argument !== "") return no(201);
      if (state !== "running") return no(301);
      if (stale) return no(101);
      if (dirty) tell(false);
      return yes();
    },
    LMSGetLastError: () => String(error),
    LMSGetErrorString: (code) => WORDS[code] ?? "",
    LMSGetDiagnostic: (code) => WORDS[code === "" || code === undefined ? error : code] ?? "",
  };

  // Content that looks above itself first would meet a page that it may not look at: it meets this instead.
  const page = window.parent;
  try {
    void page.document;
  } catch {
    const above = { API: api, get parent() { return above; }, postMessage() {} };
    Object.defineProperty(window, "parent", { configurable: true, get: () => above, set() {} });
  }

  // Content that declares a variable of this name of its own finds the API all the same.
  Object.defineProperty(window, "API", { configurable: true, enumerable: true, get: () => api, set() {} });
  addEventListener("pagehide", () => { if (dirty) tell(false); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && dirty) tell(false); });
})();
