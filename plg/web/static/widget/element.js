// What all elements share: a shadow root, the style sheet, a live region, and buttons that name what they do.

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);

class Plg extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    root.append((this._box = h('div')), (this._live = h('div.sr', { role: 'status' })));
    listen(root, 'click', (event) => {
      const at = event.target.closest('[data-do]');
      if (at) this._do(at.dataset.do, stepOf(at), event, at);
    });
    listen(root, 'submit', (event) => {
      event.preventDefault();
      this._post('answers', stepOf(event.target), { answers: answersOf(event.target) });
    });
    listen(root, 'keydown', (event) => event.key === 'Escape' && !this._part('.film') && this._escape?.() && event.stopPropagation(event.preventDefault()));
  }
  connectedCallback() {
    elements.add(this);
    this._render();
    wake(0);
  }
  disconnectedCallback() {
    elements.delete(this);
    heat(); // The page has got new content: what it shows may be due again.
  }
  _part(selector) {
    return this.shadowRoot.querySelector(selector);
  }
  _render() {
    attempt(() => {
      const drawn = state && this._draw(state);
      morph(this._box, h('div', { lang: text?.lang }, drawn, drawn && this._failed && h('p.warn', { role: 'alert' }, text.failed)));
    });
  }
  // A button does what the element has of this name, else it posts its name.
  _do(verb, step, event, at) {
    if (this[verb]) this[verb](step, event, at);
    else this._post(verb, step);
  }
  // Says what happened to the flow that is shown, or to a step of it: to the page, and to plg.
  _post(verb, step, body, { flow } = this._shown) {
    emit(verb, { flow, step });
    return this._ask(`flows/${flow}/${step ? `steps/${step}/` : ''}${verb}`, body);
  }
  async _ask(path, body) {
    // A second click may come after the answer and before the new state has taken the button away.
    if (this._asked === path) return {};
    this._asked = path;
    const answer = await post(path, body);
    this._failed = !answer;
    this._render();
    heat();
    work = work.then(answer && look).then(() => (this._asked = 0));
    return answer || {};
  }
  // Tells once in half an hour and tab that the flow came on the screen.
  _seen({ flow, version }) {
    const name = 'plg_' + flow + version;
    if (memory[name] > Date.now() - 2e6) return;
    attempt(() => {
      memory[name] = Date.now();
      emit('shown', { flow });
      post(`flows/${flow}/shown`);
    });
  }
  // A film plays in a dialog over the page. The link is for where the page's policy has no room for it.
  follow(step, event, { href: url, textContent: title, dataset: { tour, film, captions } }) {
    const refused = emit('action', { flow: this._shown.flow, step, url, tour })?.includes(false);
    if (refused || film) event.preventDefault();
    if (refused) return;
    if (tour) plg.start(tour);
    if (!film) return;
    const { href: src } = link(film);
    const box = h('dialog.card.pad.grid.modal.film', { 'aria-label': title },
      row(h('h2', title), cross('end')),
      h(src === url ? 'video' : 'iframe', { src, title, allow: 'autoplay;fullscreen', autoplay: '', controls: '' }, captions && h('track', { src: captions, default: '' })),
      h('a', link(url), text.tab));
    this.shadowRoot.append(box);
    listen(box, 'close', () => box.remove());
    box.showModal();
  }
  end(step, event, at) {
    at.closest('dialog').close();
  }
}

const stepOf = (el) => el.closest('details')?.id;
// Where a step or a prompt leads: a page, a film, a tour, or a form to fill in.
const action = ({ label, url, tour, video, film, captions, form }, names = '.go') => {
  const to = url || video;
  return form ? h('form.grid', form.fields.map(field), h('p', h('button' + names, label)))
    : h((to ? 'a' : 'button') + names, { 'data-do': 'follow', 'data-tour': tour, 'data-film': film, 'data-captions': captions }, to && link(to), label);
};
const field = ({ key: name, label, kind, required, options }) => {
  const type = { number: kind, yes_no: 'checkbox' }[kind];
  const more = { name, type, required: (required && type !== 'checkbox') || null };
  return h('label.grid', label, options[0]
    ? h('select', more, h('option'), options.map(({ key: value, label }) => h('option', { value }, label)))
    : h('input', more, { step: 'any' }));
};
const answersOf = (form) => {
  const answers = {};
  for (const { name, type, value, checked, valueAsNumber } of form) answers[name] = { checkbox: checked, number: valueAsNumber }[type] ?? (value || null);
  return answers;
};
