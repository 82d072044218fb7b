customElements.define('plg-trial', class extends Plg {
  _draw({ trial }) {
    const active = trial?.status === 'active';
    if (!active && trial?.status !== 'ended') return;
    return h(active && trial.days_left > 3 ? 'div.pill' : 'div.pill.warn', active ? say(text.trial, trial.days_left) : text.over);
  }
});

customElements.define('plg-usage', class extends Plg {
  _draw({ usage = [] }) {
    const { name, used, limit, unlimited } = usage.find(({ feature }) => feature === this.getAttribute('feature')) || {};
    if (!name) return;
    return h(!unlimited && used >= limit * 0.8 ? 'div.use.warn' : 'div.use',
      row(name, h('small', unlimited ? text.unlimited : `${used.toLocaleString(lang)} ${text.of} ${limit.toLocaleString(lang)}`)),
      !unlimited && h('progress', { value: Math.min(used, limit), max: limit || 1, 'aria-label': name }));
  }
});

customElements.define('plg-upgrade', class extends Plg {
  _draw({ offer }) {
    if (!offer) return;
    const { title, body, can_buy: can, requested, plan } = (this._offer = offer);
    return h('section.card.pad.grid', { 'aria-label': title },
      row(h('h2', title), cross('dismiss')),
      h('p', body),
      can ? [h('p', plan.name, ' ', h('b', plan.price.text)), h('p', button('buy', '.go', text.upgrade))]
      : requested ? h('p.row.done', icon(), text.sent)
      : [h('input', { id: 'note', maxlength: 500, placeholder: text.note, 'aria-label': text.note }), h('p', button('request', '.go', text.ask))]);
  }
  async buy() {
    const { url } = await this._ask('checkout', { plan: this._offer.plan.key, return_url: location.href });
    if (/^https?:/.test(url)) location.assign(url);
  }
  async request() {
    const { status } = await this._ask('upgrade-requests', { feature: this._offer.feature, note: this._part('#note').value });
    if (status) this._live.textContent = text.sent;
  }
  dismiss() {
    this._ask(`offers/${this._offer.id}/dismiss`);
  }
});
