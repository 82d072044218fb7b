customElements.define('plg-trial', class extends Plg {
  _draw({ trial }) {
    return trial?.text && h('div.pill' + (trial.status === 'active' && trial.days_left > 3 ? '' : '.warn'), trial.text);
  }
});

customElements.define('plg-usage', class extends Plg {
  _draw({ usage = [] }) {
    const { name, used, limit, unlimited, text } = usage.find(({ feature }) => feature === this.getAttribute('feature')) || {};
    return name && h('div.use' + (!unlimited && used >= limit * 0.8 ? '.warn' : ''),
      row(name, h('small', text)),
      !unlimited && h('progress', { value: used, max: limit || 1, 'aria-label': name }));
  }
});

customElements.define('plg-upgrade', class extends Plg {
  _draw({ offer }) {
    const { title, body, can_buy: can, requested, plan } = (this._offer = offer || {});
    return title && h('section.card.pad.grid', { 'aria-label': title },
      row(h('h2', title), cross('dismiss')),
      h('p', body),
      can ? [h('p', plan.name, ' ', h('b', plan.price.text)), h('p', button('buy', '.go', text.upgrade))]
      : requested ? h('p.row.done', icon(), text.sent)
      : [h('label.grid', text.note, h('input', { id: 'note', maxlength: 500 })), h('p', button('request', '.go', text.ask))]);
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
