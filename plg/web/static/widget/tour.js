// A tour stands beside what it speaks of: it waits for an element that comes late, follows it wherever it moves,
// and finds it anew when the page has been redrawn or left. There is one tour at a time.

let guide, tour, index, due, target, loop, here, since;
const missed = new Set();

// Follows the element on every frame; looks for it four times a second.
const seek = () => {
  attempt(() => due && take(place(due)));
  loop = due && guide.isConnected && (target ? requestAnimationFrame(seek) : setTimeout(seek, 250));
};
// Where the step stands: nowhere yet (0), in the middle (1), or at an element.
const place = ({ key, page, anchor }) => {
  const { pathname: path } = location;
  if (here !== path + key || document.hidden) since = Date.now();
  here = path + key;
  if (page && !new RegExp('^' + page.replace(/\W/g, '\\$&').replace(/\\\*/g, '.*') + '$').test(path)) return 0;
  if (!anchor?.length) return 1;
  const found = find(anchor);
  if (found || Date.now() - since < 1e4) return found || 0;
  if (!missed.has(key)) guide._post('missing', key, { anchor: anchor.join(', '), path });
  missed.add(key);
  return page ? 1 : 0;
};
const find = (selectors) => {
  for (const selector of selectors) {
    try {
      const found = [...document.querySelectorAll(selector)].find((el) => el.checkVisibility({ visibilityProperty: true }));
      if (found) return found;
    } catch {} // It is no selector; the next one may be.
  }
};
const take = (place) => {
  const rect = place.getBoundingClientRect?.() || new DOMRect(innerWidth / 2, innerHeight / 2);
  if (place !== target) {
    target = place;
    if (rect.top < 0 || rect.bottom > innerHeight) target.scrollIntoView({ block: 'center' });
    guide._render();
  }
  const card = guide._part('.card');
  if (card) put(card, rect);
};
// The popover on the wished side of its element, or on the first one where it does not cover it.
const put = ({ offsetWidth: w, offsetHeight: h }, { left, top, right, bottom, width, height }) => {
  const on = getComputedStyle(guide).direction === 'rtl' ? -1 : 1;
  const sides = { bottom: [0, 1], top: [0, -1], end: [on, 0], start: [-on, 0] };
  const inside = (at, size, all) => Math.max(8, Math.min(at, all - size - 8));
  const spots = [width ? sides[due.placement] || sides.bottom : [0, 0], ...Object.values(sides)].map(([x, y]) => [
    inside(left + (width - w) / 2 + x * ((width + w) / 2 + 14), w, innerWidth),
    inside(top + (height - h) / 2 + y * ((height + h) / 2 + 14), h, innerHeight),
  ]);
  const [x, y] = spots.find(([x, y]) => !width || x >= right || x + w <= left || y >= bottom || y + h <= top) || spots[0];
  guide.style.cssText = `--l:${left}px;--t:${top}px;--w:${width}px;--h:${height}px;--x:${x}px;--y:${y}px`;
};
listen(window, 'click', (event) => due?.advance === 'click' && target.contains?.(event.target) && guide.next());

customElements.define('plg-tour', class extends Prompt {
  // The step that is due, once it has a place.
  _view({ flow, at, steps = [] } = {}) {
    if (tour !== flow) index = Math.max(0, steps.findIndex((step) => step.key === at));
    tour = flow;
    due = steps[index];
    if (!due || !target) return;
    const count = `${text.step} ${index + 1} ${text.of} ${steps.length}`;
    const card = this._card(due, h('small', count), index > 0 && button('back', '.go.soft', text.back), button('next', '.go', steps[index + 1] ? text.next : text.finish));
    this._news = `${count}: ${due.title}`;
    return [h('div.spot'), card];
  }
  _settle() {
    super._settle();
    guide = this;
    loop ||= setTimeout(seek);
  }
  next() {
    const prompt = this._shown;
    const told = this._post('complete', due.key);
    if (prompt.steps[index + 1]) return this._turn(1);
    this._leave(prompt);
    told.then(() => this._post('complete', '', {}, prompt));
  }
  back() {
    this._turn(-1);
  }
  _turn(by) {
    index += by;
    target = 0;
    this._render();
  }
});

if (signed) window.plg.auth(signed);
