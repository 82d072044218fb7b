// One request tells all that is shown; what a person does is posted, and the request follows at once.

let token, user, group, state, text, etag, timer, sending;
let hot = 0, failures = 0, messages = [], work = Promise.resolve();
const elements = new Set();
const gone = new Set(); // Flows that were put away here, until the server leaves them out.
const listeners = {};

const unique = () => Math.random() + '-' + Date.now();
const listen = (target, name, hear) => target.addEventListener(name, (event) => attempt(() => hear(event)), true);
const emit = (name, detail) => listeners[name]?.map((listener) => attempt(() => listener(detail)));
const call = async (path, body) =>
  fetch(base + 'widget/' + path, {
    method: body && 'POST',
    body: body && JSON.stringify(body),
    headers: {
      Authorization: 'Bearer ' + token,
      'X-Plg-Key': key,
      ...(body ? { 'Content-Type': 'application/json', 'Idempotency-Key': unique() } : etag && { 'If-None-Match': etag }),
    },
    keepalive: !!body, // A click may post and leave the page.
    signal: AbortSignal.timeout(15e3),
  });
// What the server answers, or nothing where it is in trouble.
const post = (path, body = {}) => call(path, body).then((answer) => answer.ok && answer.json()).catch(() => 0);
const look = async () => {
  clearTimeout(timer);
  if (!token || document.hidden) return;
  try {
    const answer = await call('state?locale=' + lang.slice(0, 2));
    if (answer.ok) {
      const fresh = await answer.json();
      text = fresh.words;
      state = fresh;
      etag = answer.headers.get('ETag');
      gone.forEach((flow) => state.prompts?.some((prompt) => prompt.flow === flow) || gone.delete(flow));
    } else if (answer.status === 401) {
      token = null;
      emit('expired');
    } else if (answer.status !== 304) throw answer;
    show();
    if (answer.ok) emit('state', state);
    failures = 0;
  } catch {
    failures++;
  }
  wake();
};
// Soon while the person is active, here or in the product; later otherwise or when the server is in trouble.
const pause = () => (failures ? 1e3 * 2 ** Math.min(failures, 6) * (1 + Math.random()) : Date.now() < hot ? 500 : 2e4);
const wake = (after = pause()) => {
  clearTimeout(timer);
  timer = setTimeout(() => (work = work.then(look)), after);
};
const heat = (time = 6e4) => {
  if (Date.now() > hot && !failures) wake(500);
  hot = Math.max(hot, Date.now() + time);
};
const prompts = () => (state?.prompts || []).filter((prompt) => !gone.has(prompt.flow));
// Draws everything; a prompt whose element the page has not (or has lost with its old content) gets one.
const show = () =>
  attempt(() => {
    for (const name of prompts().map((prompt) => 'plg-' + prompt.kind)) {
      if (![...elements].some((el) => el.localName === name)) document.body.append(h(name));
    }
    elements.forEach((el) => el._render());
  });
