customElements.define('plg-checklist', class extends Plg {
  connectedCallback() {
    if (memory.plg_open) this.toggleAttribute('open', true);
    super.connectedCallback();
  }
  _draw({ checklists = [] }) {
    const flow = this.getAttribute('flow');
    const list = (this._shown = checklists.find((one) => !one.dismissed && !one.snoozed && one.flow === (flow || one.flow)));
    if (!list) return;
    const { title, steps, progress: { done, skipped, total }, completed, description } = list;
    const inline = this.hasAttribute('inline');
    const open = inline || this.hasAttribute('open');
    const count = `${done} ${text.of} ${total} ${text.steps}` + say(text.away, skipped);
    const news = completed ? (skipped ? count : text.all) + text.end : count;
    const next = steps.find((step) => !settled(step) && !step.locked && !step.for_role)?.key;
    const ring = () => h('span.row' + (completed ? '.done' : ''), icon(undefined, completed ? 100 : (100 * done) / total));
    this._tell(list, news, next);
    this._seen(list);
    if (open) heat(6e5);
    return h(inline ? 'div' : 'div.float',
      h('section.panel.card', { id: 'panel', role: inline ? 'region' : 'dialog', tabindex: -1, hidden: !open || null, 'aria-label': title },
        h('div.pad.grid',
          row(ring(), h('h2', title, h('br'), h('small', news)), !inline && cross('toggle')),
          description && h('p', description)),
        [...Map.groupBy(steps, (step) => step.section)].map(([name, steps]) => [
          name && h('h3.part', name),
          h('ol.list', { role: 'list', 'aria-label': name }, steps.map((step) => item(step, next, list)))]),
        h('div.foot.row',
          list.dismissible && button('dismiss', completed ? '.go.soft' : '.mu', completed ? text.close : text.hide),
          !completed && button('snooze', '.mu', text.later))),
      !inline && button('toggle', '.launch.pill', { id: 'launch', 'aria-expanded': open }, ring(), title, h('span.sr', count)));
  }
  // Says aloud what was done or skipped since the last look, and opens the next step.
  _tell({ flow, steps }, news, next) {
    const now = steps.filter(settled);
    const fresh = now.filter((step) => this._told?.includes(step.key + step.done) === false);
    this._told = now.map((step) => step.key + step.done);
    if (!fresh[0]) return;
    this._live.textContent = fresh.map((step) => `${step.title}: ${step.done ? text.done : text.skipped}. `).join('') + news;
    fresh.map((step) => step.done && emit('step', { flow, ...step }));
    // Focus on a button that goes with its step moves on, too.
    const left = this._part('.body :focus')?.closest('details');
    const goal = next ? this._part(`[id="${next}"]`) : left;
    if (next) goal.open = true;
    if (fresh.some((step) => step.key === left?.id)) goal.firstChild.focus();
  }
  toggle() {
    const open = this.toggleAttribute('open');
    memory.plg_open = open || '';
    this._render();
    this._part(open ? '.panel' : '.launch').focus();
  }
  _escape() {
    const open = this.hasAttribute('open') && !this.hasAttribute('inline');
    if (open) this.toggle();
    return open;
  }
  // A tour is about the page: the panel makes room for it.
  follow(step, event, at) {
    if (at.dataset.tour) this._escape();
    super.follow(step, event, at);
  }
});

const settled = (step) => step.done || step.skipped;
const item = (step, next, list) => {
  const { key, title, done, locked, skipped, done_by: by } = step;
  const mark = icon(locked ? 'M8 11h8v6H8zM10 11V9q2-3 4 0v2' : skipped ? 'M8 12h8' : undefined);
  const [note, ...notes] = done ? [] : notesOn(step, list).filter((note) => note);
  return h('li' + (done ? '.done' : locked || skipped ? '.off' : ''),
    h('details', { id: key, name: 'steps', open: key === next || null },
      h('summary', mark, h('span', title, done && h('span.sr', text.done),
        note && [h('br'), h('small', note, notes.map((note) => [' · ', note]))])),
      h('div.body.grid',
        rich(step.body_html),
        by && h('small', by, ', ', day(step.done_at)),
        row(
          step.action && !locked && !(done && step.action.form) && action(step.action, settled(step) ? '.go.soft' : '.go'),
          step.manual && !done && !locked && button('complete', '.go.soft', text.mark),
          step.skippable && !settled(step) && button('skip', '.mu', { 'aria-label': `${text.skip}: ${title}` }, text.skip)))));
};
const notesOn = ({ skipped, locked, locked_by: keys, for_role: role, due_at: due, reward }, { steps }) => {
  if (skipped) return [text.skipped];
  const late = Date.parse(due) < Date.now();
  return [
    locked && text.first + steps.filter((step) => keys.includes(step.key)).map((step) => step.title).join(', '),
    text.for[role],
    due && h(late ? 'b.warn' : 'span', late ? text.late : text.due, day(due)),
    reward && say(text.days, reward.trial_days),
    reward && say(text.points, reward.points),
  ];
};
