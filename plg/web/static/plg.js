/* plg's elements and window.plg. Whatever fails in here stays in here: the page around it never notices. */
(() => {
  const script = document.currentScript || document.querySelector('script[data-key][src*="plg.js"]');
  if (!script || window.plg) return;
  const { key, locale, token: signed } = script.dataset;
  const base = new URL('v1/', script.src).href;
  const lang = locale || document.documentElement.lang || navigator.language;
  const language = /^es/i.test(lang) ? 'es' : 'en';
  const text = {
    en: {
      of: 'of',
      steps: 'steps done',
      done: 'done',
      mark: 'Mark as done',
      close: 'Close',
      hide: 'Hide this checklist',
      skip: 'Skip',
      skipped: 'skipped',
      away: (n) => (n ? `, ${n} skipped` : ''),
      first: 'first: ',
      due: 'due ',
      late: 'overdue since ',
      for: { owner: 'for owners', admin: 'for admins', billing: 'for billing', member: 'for members' },
      all: 'All done',
      end: '. Congratulations!',
      trial: (n) => (n > 1 ? `${n} days left in trial` : n ? '1 day left in trial' : 'Trial ends today'),
      over: 'Trial has ended',
      unlimited: 'Unlimited',
      month: 'a month',
      year: 'a year',
      upgrade: 'Upgrade',
      ask: 'Ask the owner',
      note: 'Add a note (optional)',
      sent: 'Thank you. Your request was sent.',
      failed: 'That did not work. Please try again.',
    },
    es: {
      of: 'de',
      steps: 'pasos hechos',
      done: 'hecho',
      mark: 'Marcar como hecho',
      close: 'Cerrar',
      hide: 'Ocultar esta lista',
      skip: 'Omitir',
      skipped: 'omitido',
      away: (n) => (n > 1 ? `, ${n} omitidos` : n ? ', 1 omitido' : ''),
      first: 'primero: ',
      due: 'para el ',
      late: 'atrasado desde el ',
      for: { owner: 'para propietarios', admin: 'para administradores', billing: 'para facturación', member: 'para miembros' },
      all: 'Todo hecho',
      end: '. ¡Felicidades!',
      trial: (n) => (n > 1 ? `Quedan ${n} días de prueba` : n ? 'Queda 1 día de prueba' : 'La prueba termina hoy'),
      over: 'La prueba ha terminado',
      unlimited: 'Sin límite',
      month: 'al mes',
      year: 'al año',
      upgrade: 'Mejorar el plan',
      ask: 'Pedírselo al propietario',
      note: 'Añade una nota (opcional)',
      sent: 'Gracias. Tu solicitud se ha enviado.',
      failed: 'No ha funcionado. Inténtalo de nuevo.',
    },
  }[language];
  const attempt = (run) => {
    try {
      return run();
    } catch (error) {
      console.debug(error);
    }
  };

  // Drawing

  const h = (tag, attributes, ...kids) => {
    const space = /^(svg|circle|path)$/.test(tag) ? '2000/svg' : '1999/xhtml';
    const el = document.createElementNS('http://www.w3.org/' + space, tag);
    for (const name in attributes) attributes[name] == null || el.setAttribute(name, attributes[name]);
    el.append(...kids.flat(1 / 0).filter((kid) => kid));
    return el;
  };
  // Makes old equal to fresh but keeps its nodes, and with them focus, typed text, opened steps, transitions.
  const morph = (old, fresh) => {
    for (const { name } of [...old.attributes]) fresh.hasAttribute(name) || name === 'open' || old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) name === 'open' || old.setAttribute(name, value);
    const before = [...old.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, i) => {
      const was = before[i];
      if (!was) old.append(node);
      else if (was.nodeName !== node.nodeName || was.id !== node.id) was.replaceWith(node);
      else if (was.data !== node.data) was.data = node.data;
      else if (node.attributes) morph(was, node);
    });
    before.slice(after.length).forEach((node) => node.remove());
  };
  // A link may lead to a page or a mail, never to a script.
  const link = (url) =>
    attempt(() => {
      const { href, origin, protocol } = new URL(url, document.baseURI);
      return /^(https?|mailto):$/.test(protocol) && { href, target: origin === location.origin ? null : '_blank' };
    });
  // Sanitised by the server, and built anew from an allow-list all the same.
  const rich = (parent) =>
    [...parent.childNodes].map((node) => {
      const tag = node.localName;
      if (!/^(p|br|strong|em|code|pre|ul|ol|li|a|h3|h4|blockquote)$/.test(tag)) return node.data || rich(node);
      return h(tag, tag === 'a' && link(node.getAttribute('href')), rich(node));
    });
  const icon = (name, d, share) => {
    const circle = (more) => h('circle', { cx: 12, cy: 12, r: 10, pathLength: 100, ...more });
    const arc = share >= 0 && circle({ 'stroke-dasharray': share + ' 101' });
    return h('svg', { class: name, viewBox: '0 0 24 24', 'aria-hidden': true }, circle(), arc, h('path', { d }));
  };
  const tick = (name, share) => icon(name, 'M8 12.3l2.8 2.8 5.4-5.9', share);
  const day = (at) => new Date(at).toLocaleDateString(lang, { day: 'numeric', month: 'short' });
  const button = (action, name, label, more) => h('button', { 'data-do': action, class: name, ...more }, label);
  const cross = (action) => button(action, 'x', '×', { 'aria-label': text.close });

  // The server

  let token, user, group, state, etag, timer, sending;
  let hot = 0, failures = 0, messages = [], work = Promise.resolve();
  const elements = new Set();
  const listeners = {};

  const unique = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
  const emit = (name, detail) => listeners[name]?.map((listener) => attempt(() => listener(detail)));
  const call = (path, body) =>
    fetch(base + 'widget/' + path, {
      method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
      headers: {
        Authorization: 'Bearer ' + token,
        'X-Plg-Key': key,
        ...(body ? { 'Content-Type': 'application/json', 'Idempotency-Key': unique() } : etag && { 'If-None-Match': etag }),
      },
      cache: 'no-store',
      signal: AbortSignal.timeout(15e3),
    });
  const look = async () => {
    clearTimeout(timer);
    if (!token || document.hidden || !(elements.size || listeners.state)) return;
    try {
      const answer = await call('state?locale=' + language);
      if (answer.ok) {
        state = await answer.json();
        etag = answer.headers.get('ETag');
        elements.forEach((el) => el.render());
        emit('state', state);
      } else if (answer.status === 401) {
        token = null;
        emit('expired');
      } else if (answer.status !== 304) throw answer;
      failures = 0;
    } catch {
      failures++;
    }
    wake();
  };
  // Soon while the person is active, here or in the product; later otherwise or when the server is in trouble.
  const pause = () => (failures ? 1e3 * 2 ** Math.min(failures, 6) * (0.75 + Math.random() / 2) : Date.now() < hot ? 500 : 2e4);
  const wake = (after = pause()) => {
    clearTimeout(timer);
    timer = setTimeout(() => (work = work.then(look)), after);
  };
  const heat = (time = 6e4) => {
    if (Date.now() > hot && !failures) wake(500);
    hot = Math.max(hot, Date.now() + time);
  };

  // Tracking, by Segment's HTTP API

  const visitor = (id) => attempt(() => (id == null ? localStorage.plg_visitor : (localStorage.plg_visitor = id)));
  const flush = async (leaving) => {
    if (!messages[0] || (sending && !leaving)) return;
    const batch = messages.splice(0, 50);
    const url = base + (batch[1] ? 'batch' : batch[0].type);
    const body = JSON.stringify({ writeKey: key, sentAt: new Date(), ...(batch[1] ? { batch } : batch[0]) });
    if (leaving) return navigator.sendBeacon(url, body);
    sending = true;
    try {
      // As text/plain it needs no preflight. Browsers keep at most 64 kB alive when the page goes.
      const answer = await fetch(url, { method: 'POST', body, keepalive: body.length < 6e4 });
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
    messages.push({ type, ...fields, userId: user, anonymousId, messageId: unique(), timestamp: new Date(), context });
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
    // Hears state, step, action (return false to route it yourself), expired; returns how to stop.
    on(name, listener) {
      (listeners[name] ||= []).push(listener);
      if (state && name === 'state') listener(state);
      wake(0);
      return () => (listeners[name] = listeners[name].filter((other) => other !== listener));
    },
  };
  window.plg = {};
  for (const name in plg) window.plg[name] = (...values) => attempt(() => plg[name](...values));
  addEventListener('pagehide', () => attempt(() => flush(true)));
  addEventListener('click', () => heat(), true);
  document.addEventListener('visibilitychange', plg.refresh);

  // Elements

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host {
  --a: var(--plg-accent, #0c6a57); --bg: var(--plg-surface, Canvas); --fg: var(--plg-text, CanvasText); --r: var(--plg-radius, 14px);
  --mu: color-mix(in srgb, var(--fg) 66%, var(--bg)); --li: color-mix(in srgb, var(--fg) 13%, var(--bg));
  display: block; color: var(--fg); font: 15px/1.5 var(--plg-font, system-ui, sans-serif); text-align: start;
}
:host, .warn { --at: color-mix(in srgb, var(--a) 72%, var(--fg)); --soft: color-mix(in srgb, var(--a) 9%, var(--bg)) }
.warn { --a: #d9540b; color: var(--at) }
* { box-sizing: border-box; margin: 0 }
button, input { font: inherit; color: inherit; background: none; border: 0; padding: 0 }
button, summary { cursor: pointer }
:focus-visible { outline: 2px solid var(--at); outline-offset: 2px }
svg { fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; flex: none; width: 22px }
svg * { transform-origin: center; transition: .4s }
h2 { font-size: 17px; line-height: 1.35; flex: 1 }
a { color: var(--at) }
small, .mu { color: var(--mu); font-size: 13px; font-weight: 400 }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
.row, .pill, summary { display: flex; gap: 10px; align-items: center }
.grid { display: grid; gap: 12px }
.card { background: var(--bg); border: 1px solid var(--li); border-radius: var(--r) }
.pill { width: max-content; padding: 4px 12px; border-radius: 99px; background: var(--soft); font-weight: 600 }
.go { display: inline-block; padding: 7px 14px; border-radius: calc(var(--r) * .6); background: var(--a); color: var(--plg-on-accent, #fff); font-weight: 600; text-decoration: none }
.soft { background: var(--soft); color: var(--at) }
.go:hover { filter: brightness(1.1) }
.x { color: var(--mu); font-size: 24px; line-height: 24px; width: 28px; align-self: start }
progress { appearance: none; width: 100%; height: 6px; border: 0; border-radius: 9px; overflow: hidden; background: var(--li) }
::-webkit-progress-bar { background: none }
::-webkit-progress-value { background: var(--at) }
::-moz-progress-bar { background: var(--at) }
.float { position: fixed; inset-block-end: var(--plg-bottom, 16px); inset-inline-end: var(--plg-end, 16px); z-index: 9990 }
.launch { padding-inline: 7px 18px; background: var(--bg); box-shadow: 0 0 0 1px var(--li), 0 6px 24px #0f122026 }
.panel { overflow: auto; overscroll-behavior: contain }
.float .panel { position: absolute; inset-block-end: calc(100% + 10px); inset-inline-end: 0; width: min(384px, 100vw - 32px); max-height: min(660px, 100dvh - 96px); box-shadow: 0 18px 60px #0f122033; animation: rise .2s }
.ring { width: 36px; stroke-width: 2.4; stroke: var(--li) }
.ring circle + circle { stroke: var(--at); rotate: -90deg }
.ring path { stroke: var(--at); scale: 0 }
.pad { padding: 20px }
.list { border-block: 1px solid var(--li); padding: 0; list-style: none }
.list > li + li { border-block-start: 1px solid var(--li) }
summary { padding: 12px 20px; outline-offset: -2px }
summary::-webkit-details-marker { display: none }
summary:hover { background: var(--soft) }
[open] summary { font-weight: 600 }
.done summary, .off summary { color: var(--mu) }
small { display: inline-block; vertical-align: top; unicode-bidi: plaintext }
small * { white-space: nowrap }
summary small::first-letter { text-transform: uppercase }
.part { padding: 16px 20px 8px; font-size: 14px }
.pad + .part { padding-block-start: 0 }
.tick { stroke: var(--mu) }
.tick path { stroke: var(--bg); stroke-width: 2; scale: 0 }
.done .tick { fill: var(--at); stroke: var(--at) }
.off .tick path { stroke: var(--mu); scale: 1 }
.done path { scale: 1 }
.body { padding: 0 20px 18px; padding-inline-start: 52px; overflow-wrap: anywhere }
.body .row { flex-wrap: wrap }
.body .mu { padding: 7px }
.foot { padding: 12px 20px }
.use .row { justify-content: space-between }
input { padding: 7px 10px; border: 1px solid var(--mu); border-radius: 8px }
::placeholder { color: var(--mu); opacity: 1 }
[hidden] { display: none }
@keyframes rise { from { opacity: 0; translate: 0 8px } }
@media (prefers-reduced-motion) { * { animation: none !important; transition: none !important } }
`);

  class Plg extends HTMLElement {
    static observedAttributes = ['open'];
    constructor() {
      super();
      const root = this.attachShadow({ mode: 'open' });
      root.adoptedStyleSheets = [sheet];
      root.append((this.box = h('div')), (this.live = h('div', { class: 'sr', role: 'status' })));
      root.addEventListener('click', (event) => {
        const at = event.target.closest('[data-do]');
        if (at) attempt(() => this[at.dataset.do](at.dataset.step, event, at));
      });
      root.addEventListener('keydown', (event) => event.key === 'Escape' && this.escape?.(event));
    }
    connectedCallback() {
      elements.add(this);
      this.render();
      wake(0);
    }
    disconnectedCallback() {
      elements.delete(this);
    }
    attributeChangedCallback() {
      this.render();
    }
    part(selector) {
      return this.shadowRoot.querySelector(selector);
    }
    render() {
      const failed = this.failed && h('p', { class: 'warn', role: 'alert' }, text.failed);
      attempt(() => morph(this.box, h('div', null, state && this.draw(state), failed)));
    }
    async ask(path, body = {}) {
      // A second click may come after the answer and before the new state has taken the button away.
      if (this.busy || this.asked === path) return {};
      this.busy = true;
      this.asked = path;
      const answer = await call(path, body).then((answer) => answer.ok && answer.json()).catch(() => 0);
      this.busy = false;
      this.failed = !answer;
      this.render();
      heat();
      (work = work.then(look)).then(() => (this.asked = 0));
      return answer || {};
    }
  }

  customElements.define('plg-checklist', class extends Plg {
    connectedCallback() {
      this.memory = 'plg_open_' + this.getAttribute('flow');
      if (attempt(() => sessionStorage[this.memory])) this.setAttribute('open', '');
      super.connectedCallback();
    }
    draw({ checklists = [] }) {
      const flow = this.getAttribute('flow');
      const list = (this.list = checklists.find((one) => !one.dismissed && one.flow === (flow || one.flow)));
      if (!list) return;
      const { title, steps, progress: { done, skipped, total }, completed, description } = list;
      const inline = this.hasAttribute('inline');
      const open = inline || this.hasAttribute('open');
      const count = `${done} ${text.of} ${total} ${text.steps}` + text.away(skipped);
      const news = completed ? (skipped ? count : text.all) + text.end : count;
      const next = steps.find((step) => !step.done && !step.skipped && !step.locked && !step.for_role)?.key;
      const ring = () => h('span', { class: completed ? 'row done' : 'row' }, tick('ring', completed ? 100 : (100 * done) / total));
      this.tell(list, news, next);
      if (open) heat(6e5);
      return h('div', { class: inline ? '' : 'float' },
        h('section', { id: 'panel', class: 'panel card', role: inline ? 'region' : 'dialog', tabindex: -1, hidden: open ? null : '', 'aria-labelledby': 'title' },
          h('div', { class: 'pad grid' },
            h('div', { class: 'row' }, ring(), h('h2', { id: 'title' }, title, h('br'), h('small', null, news)), !inline && cross('toggle')),
            description && h('p', null, description)),
          this.parts(steps).map(([name, steps], i) => [
            name && h('h3', { id: 'part_' + i, class: 'part' }, name),
            h('ol', { class: 'list', role: 'list', 'aria-labelledby': name && 'part_' + i }, steps.map((step) => this.step(step, next)))]),
          h('p', { class: 'foot' }, button('dismiss', completed ? 'go soft' : 'mu', completed ? text.close : text.hide))),
        !inline && button('toggle', 'launch pill', [ring(), title, h('span', { class: 'sr' }, count)], { id: 'launch', 'aria-expanded': open, 'aria-controls': 'panel' }));
    }
    // The steps of each section in turn, with its title.
    parts(steps) {
      return steps.reduce((parts, step) => {
        const last = parts.at(-1);
        if (last?.[0] === step.section) last[1].push(step);
        else parts.push([step.section, [step]]);
        return parts;
      }, []);
    }
    step(step, next) {
      const { key, title, body_html: body, done, done_at: at, done_by: by, action, manual, locked, skipped, skippable } = step;
      const mark = locked ? icon('tick', 'M9.5 11V9.5a2.5 2.5 0 0 1 5 0V11M8 11h8v5.5H8z') : skipped ? icon('tick', 'M8 12h8') : tick('tick');
      const notes = done ? [] : this.notes(step).filter((note) => note);
      return h('li', { class: done ? 'done' : locked || skipped ? 'off' : '' },
        h('details', { id: key, name: 'steps', open: key === next ? '' : null },
          h('summary', null, mark, h('span', null, title, done && h('span', { class: 'sr' }, text.done),
            notes[0] && [h('br'), h('small', null, notes.map((note, i) => [i ? ' · ' : '', note]))])),
          h('div', { class: 'body grid' },
            body && h('div', { class: 'grid' }, rich(new DOMParser().parseFromString(body, 'text/html').body)),
            by && h('small', null, by, ', ', day(at)),
            h('div', { class: 'row' },
              action && !locked && h('a', { class: done || skipped ? 'go soft' : 'go', 'data-do': 'follow', 'data-step': key, ...link(action.url) }, action.label),
              manual && !done && !locked && button('complete', 'go soft', text.mark, { 'data-step': key }),
              skippable && !done && !skipped && button('skip', 'mu', text.skip, { 'data-step': key, 'aria-label': `${text.skip}: ${title}` })))));
    }
    notes({ skipped, locked, locked_by: keys, for_role: role, due_at: due }) {
      if (skipped) return [text.skipped];
      const titles = this.list.steps.filter((step) => keys?.includes(step.key)).map((step) => step.title);
      const late = Date.parse(due) < Date.now();
      return [locked && text.first + titles.join(', '), text.for[role], due && h(late ? 'b' : 'span', { class: late ? 'warn' : '' }, late ? text.late : text.due, day(due))];
    }
    // Says aloud what was done or skipped since the last look, and opens the next step.
    tell({ flow, steps }, news, next) {
      const settled = steps.filter((step) => step.done || step.skipped);
      const fresh = this.told && settled.filter((step) => !this.told.includes(step.key + step.done));
      this.told = settled.map((step) => step.key + step.done);
      if (!fresh?.length) return;
      this.live.textContent = fresh.map((step) => `${step.title}: ${step.done ? text.done : text.skipped}. `).join('') + news;
      fresh.forEach((step) => step.done && emit('step', { flow, ...step }));
      // Focus on a button that goes with its step moves on, too.
      const left = this.shadowRoot.activeElement?.closest('.body')?.parentNode;
      const goal = next ? this.part(`details[id="${next}"]`) : left;
      if (next) goal.open = true;
      if (fresh.some((step) => step.key === left?.id)) goal.firstChild.focus();
    }
    toggle() {
      const open = this.toggleAttribute('open');
      attempt(() => (sessionStorage[this.memory] = open ? 1 : ''));
      this.part(open ? '.panel' : '.launch').focus();
    }
    escape(event) {
      if (this.hasAttribute('inline') || !this.hasAttribute('open')) return;
      event.stopPropagation();
      this.toggle();
    }
    follow(step, event, { href: url }) {
      if (emit('action', { flow: this.list.flow, step, url })?.includes(false)) event.preventDefault();
    }
    complete(step) {
      this.ask(`flows/${this.list.flow}/steps/${step}/complete`);
    }
    skip(step) {
      this.ask(`flows/${this.list.flow}/steps/${step}/skip`);
    }
    dismiss() {
      this.ask(`flows/${this.list.flow}/dismiss`);
    }
  });

  customElements.define('plg-trial', class extends Plg {
    draw({ trial }) {
      const active = trial?.status === 'active';
      if (!active && trial?.status !== 'ended') return;
      return h('div', { class: active && trial.days_left > 3 ? 'pill' : 'pill warn' }, icon('', 'M12 7v5l3 2'), active ? text.trial(trial.days_left) : text.over);
    }
  });

  customElements.define('plg-usage', class extends Plg {
    draw({ usage = [] }) {
      const { name, used, limit, unlimited } = usage.find(({ feature }) => feature === this.getAttribute('feature')) || {};
      if (!name) return;
      return h('div', { class: !unlimited && used >= limit * 0.8 ? 'use warn' : 'use' },
        h('div', { class: 'row' }, name, h('small', null, unlimited ? text.unlimited : `${used.toLocaleString(lang)} ${text.of} ${limit.toLocaleString(lang)}`)),
        !unlimited && h('progress', { value: Math.min(used, limit), max: limit || 1, 'aria-label': name }));
    }
  });

  customElements.define('plg-upgrade', class extends Plg {
    draw({ offer }) {
      if (!offer) return;
      const { title, body, can_buy: can, requested, plan } = (this.offer = offer);
      return h('section', { class: 'card pad grid', 'aria-labelledby': 'title' },
        h('div', { class: 'row' }, h('h2', { id: 'title' }, title), cross('dismiss')),
        h('p', null, body),
        can ? [plan.price && this.price(plan), h('p', null, button('buy', 'go', text.upgrade))]
        : requested ? h('p', { class: 'row done' }, tick('tick'), text.sent)
        : [h('input', { id: 'note', maxlength: 500, placeholder: text.note, 'aria-label': text.note }), h('p', null, button('request', 'go', text.ask))]);
    }
    price({ name, price: { amount, currency, interval } }) {
      const style = { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' };
      const format = new Intl.NumberFormat(lang, style);
      const value = amount / 10 ** format.resolvedOptions().maximumFractionDigits;
      return h('p', null, name, ' ', h('b', null, format.format(value)), ' ', text[interval]);
    }
    async buy() {
      const { url } = await this.ask('checkout', { plan: this.offer.plan.key, return_url: location.href });
      if (/^https?:/.test(url)) location.assign(url);
    }
    async request() {
      const { status } = await this.ask('upgrade-requests', { feature: this.offer.feature, note: this.part('#note').value });
      if (status) this.live.textContent = text.sent;
    }
    dismiss() {
      this.ask(`offers/${this.offer.id}/dismiss`);
    }
  });

  if (signed) window.plg.auth(signed);
})();
