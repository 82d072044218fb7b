// Elements out of names, attributes and kids, without a line of markup: a strict policy allows all of it.

// h('p.soft', { id: 'a' }, 'text', [h('br')]): a tag with its classes; plain objects are attributes, what is falsy is
// left out.
const h = (names, ...kids) => {
  const [tag, ...classes] = names.split('.');
  const el = document.createElementNS('http://www.w3.org/' + (/svg|cle|th/.test(tag) ? '2000/svg' : '1999/xhtml'), tag);
  classes.map((name) => el.classList.add(name));
  for (const kid of kids.flat(9)) {
    if (kid?.constructor !== Object) kid && el.append(kid);
    else for (const name in kid) kid[name] == null || el.setAttribute(name, kid[name]);
  }
  return el;
};
const row = (...kids) => h('div.row', kids);
const button = (action, names, ...kids) => h('button' + names, { 'data-do': action }, kids);
const cross = (action, label = text.close) => button(action, '.x', '×', { 'aria-label': label, title: label });
// A circle around a sign; with a share (in percent), a ring.
const icon = (d = 'M8 12l3 3 5-6', share) => {
  const circle = (more) => h('circle', { cx: 12, cy: 12, r: 10, pathLength: 100 }, more);
  const arc = share >= 0 && circle({ 'stroke-dasharray': share + ' 101' });
  return h(arc ? 'svg.ring' : 'svg', { viewBox: '0 0 24 24', 'aria-hidden': true }, circle(), arc, h('path', { d }));
};
const day = (at) => new Date(at).toLocaleDateString(text.lang, { day: 'numeric', month: 'short' });
// A number in words: for none, for one, for more.
const say = (forms, n) => forms[Math.min(n, 2)].replace('#', n);

// A link may lead to a page or a mail, never to a script.
const link = (url) => {
  const { href, host, protocol } = h('a', { href: url });
  return /^(https?|mailto):$/.test(protocol) && { href, target: host === location.host ? null : '_blank' };
};
// Sanitised by the server, and built anew from an allow-list all the same.
const tame = ({ childNodes }) =>
  [...childNodes].map((node) => {
    const tag = node.localName;
    if (!/^(p|br|strong|em|code|pre|[uo]l|li|a|h[34]|blockquote)$/.test(tag)) return node.data || tame(node);
    return h(tag, tag === 'a' && link(node.getAttribute('href')), tame(node));
  });
const rich = (html, id) => html && h('div.grid', { id }, tame(new DOMParser().parseFromString(html, 'text/html').body));

// Makes old equal to fresh but keeps its nodes, and with them focus, typed text, opened steps, transitions.
// A dialog that goes is closed first, so that the focus returns to where it was.
const morph = (old, fresh) => {
  for (const { name } of [...old.attributes]) fresh.hasAttribute(name) || name === 'open' || old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) name === 'open' || old.setAttribute(name, value);
  const after = [...fresh.childNodes];
  [...old.childNodes].forEach((was, i) => {
    const node = after[i];
    if (was.nodeName !== node?.nodeName || was.id !== node.id) {
      was.close?.();
      node ? was.replaceWith(node) : was.remove();
    } else if (was.data !== node.data) was.data = node.data;
    else if (node.attributes) morph(was, node);
    after[i] = '';
  });
  old.append(...after);
};
