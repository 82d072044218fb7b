// What comes to the person: a tour, a banner, an announcement. Each element shows the prompt of its kind.

class Prompt extends Plg {
  set _failed(_) {} // Who has put a prompt away sees no more of it, whether or not plg has heard it.
  _draw() {
    this._shown = prompts().find(({ kind }) => 'plg-' + kind === this.localName);
    return this._view(this._shown);
  }
  _view(prompt) {
    return prompt && this._card(prompt, !prompt.action && button('complete', '.go', text.ok));
  }
  _card({ key, title, body_html: body, action: to }, ...foot) {
    const { flow, dismissible, snoozable, placement } = this._shown;
    this._news = title;
    return h(`${this._tag || 'dialog'}.card.pad.grid.${this.localName}.${placement}`,
      { id: flow + key, tabindex: -1, 'aria-label': title, 'aria-describedby': 'text' },
      row(h('h2', title), dismissible && cross('dismiss', text.never)),
      rich(body, 'text'),
      row(snoozable && button('snooze', '.mu', text.later), to && action(to), foot));
  }
  _render() {
    super._render();
    attempt(() => this._settle());
  }
  // Shows a dialog that was drawn. Who is typing is not torn away; what is modal cannot wait.
  _settle() {
    const card = this._part('.card');
    if (!card) return;
    this._seen(this._shown);
    if (!card.show || card.open) return;
    const modal = this._shown.placement === 'modal';
    if (!modal && document.activeElement?.matches('input,textarea,[contenteditable]')) card.open = true;
    else {
      card[modal ? 'showModal' : 'show']();
      card.focus();
    }
    this._live.textContent = this._news;
  }
  _post(verb, step, body, prompt = this._shown) {
    const told = super._post(verb, step, body, prompt);
    if (!step) this._leave(prompt);
    return told;
  }
  _leave({ flow }) {
    gone.add(flow);
    show();
  }
  _escape() {
    const { snoozable, dismissible } = this._shown;
    if (snoozable || dismissible) this._post(snoozable ? 'snooze' : 'dismiss');
    return true;
  }
  follow(step, event, at) {
    super.follow(step, event, at);
    if (this.next) this.next();
    else this._post('complete');
  }
}
customElements.define('plg-announcement', class extends Prompt {});

// A banner stands above everything, and the page makes room for it.
const room = new CSSStyleSheet();
document.adoptedStyleSheets.push(room);
customElements.define('plg-banner', class extends Prompt {
  _tag = 'section';
  _settle() {
    super._settle();
    const bar = this._part('section');
    const side = `block-${this._shown?.placement === 'bottom' ? 'end' : 'start'}:${bar?.offsetHeight}px`;
    const rule = bar ? `:root{--plg-${side};padding-${side};scroll-padding-${side}}` : '';
    if (rule !== this._rule) room.replaceSync((this._rule = rule));
  }
});
