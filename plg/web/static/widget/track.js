// window.plg: Segment's HTTP API, the token, and what a product hears. None of it ever throws.

const visitor = (id) => attempt(() => (id == null ? localStorage.plg_visitor : (localStorage.plg_visitor = id)));
const flush = async () => {
  if (!messages[0] || sending) return;
  const batch = messages.splice(0, 50);
  sending = true;
  try {
    // As text/plain it needs no preflight. Browsers keep at most 64 kB alive when the page goes.
    const body = JSON.stringify({ writeKey: key, sentAt: new Date(), batch });
    const answer = await fetch(base + 'batch', { method: 'POST', body, keepalive: body.length < 6e4 });
    if (answer.status > 499 || answer.status === 429) throw answer;
    if (answer.ok) wake((failures = 0));
  } catch {
    failures++;
    messages = [...batch, ...messages].slice(-500);
  }
  sending = false;
  setTimeout(flush, failures && pause());
};
const page = () => ({ url: location.href, path: location.pathname, title: document.title, referrer: document.referrer });
const send = (type, fields) => {
  // A visitor's id goes with the known person's first message and is then forgotten: the next one here is another.
  const anonymousId = visitor() || (user ? null : visitor(unique()));
  if (user) visitor('');
  const context = { groupId: group, locale: lang, page: page() };
  const message = { type, ...fields, userId: user, anonymousId, messageId: unique(), timestamp: new Date(), context };
  messages.push(JSON.parse(JSON.stringify(message))); // What cannot be sent is refused here, not when it is tried.
  heat();
  flush();
};
const plg = {
  // Takes the signed token that says who is here, and a new one when 'expired' is heard.
  auth(fresh) {
    const claims = atob(fresh.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    ({ sub: user, account: group } = JSON.parse(decodeURIComponent(escape(claims))));
    token = fresh;
    etag = failures = 0;
    if (visitor()) send('identify');
    plg.refresh();
  },
  identify(id, traits) {
    if (id?.trim) user ||= id;
    else traits = id;
    send('identify', { traits });
  },
  track: (event, properties) => send('track', { event, properties }),
  page: (name, properties) => send('page', { name, properties: { ...page(), ...properties } }),
  group: (groupId, traits) => send('group', { groupId: (group = groupId), traits }),
  // The browser's own number, whoever signs in here: for your server, which gives it when somebody signs up.
  device: () => (localStorage.plg_device ||= unique()),
  refresh() {
    heat();
    wake(0);
  },
  // Begins a tour (or another prompt) now, by the person's own wish.
  start: (flow) =>
    post(`flows/${flow}/start`).then(() => {
      gone.delete(flow);
      plg.refresh();
    }),
  // Hears state, step, action (return false to route it yourself), expired, and every post of a flow by its last
  // word: shown, start, complete, skip, answers, snooze, dismiss, missing. Returns how to stop.
  on(name, listener) {
    (listeners[name] ||= []).push(listener);
    if (state && name === 'state') listener(state);
    wake(0);
    return () => (listeners[name] = listeners[name].filter((other) => other !== listener));
  },
};
window.plg = {};
for (const name in plg) window.plg[name] = (...values) => attempt(() => plg[name](...values));
listen(window, 'pagehide', () => flush((sending = false)));
listen(window, 'click', () => heat());
listen(document, 'visibilitychange', plg.refresh);
