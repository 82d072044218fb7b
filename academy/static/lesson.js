// What a lesson's page tells the server of its reader: how long it was looked at, whether its end was reached, which
// parts of its video were played. The server counts; without this file the button at the end does.

const lesson = document.querySelector("[data-lesson]");
const box = lesson.querySelector("[data-video]");
const { facts, kind } = lesson.dataset;
const PAUSE = box ? 10000 : 30000;
const SOON = 3000;
const share = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
let shown = document.hidden ? null : performance.now(); // since when the page is looked at and not told
let scrolled = false;
let timer = 0;
let sending = false;
let player = null;

function passed() {
  return shown === null ? 0 : (performance.now() - shown) / 1000;
}

async function tell() {
  clearTimeout(timer);
  if (sending) return;
  sending = true;
  const seconds = passed();
  if (shown !== null) shown = performance.now();
  const body = { seconds, scrolled, watched: player?.spans() ?? [], position: player?.position() ?? null };
  try {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("[name=csrf_token]").value };
    const answer = await fetch(facts, { method: "POST", keepalive: true, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(answer.status);
    heard(await answer.json());
  } catch {
    if (shown !== null) shown -= 1000 * seconds; // told again with the next word
    later(PAUSE);
  } finally {
    sending = false;
  }
}

function heard(known) {
  if (known.completed && lesson.dataset.done === undefined) finished();
  const watched = lesson.querySelector("[data-watched]");
  if (watched) watched.firstChild.data = watched.dataset.words.replace("{share}", share.format(known.watched_percent / 100)) + " ";
  // What the server could not count yet, because less time has passed there, it can count soon.
  const behind = player && player.spans().reduce((sum, [start, end]) => sum + end - start, 0) > known.watched_seconds + 0.5;
  later(behind && !known.completed ? SOON : PAUSE);
}

function finished() {
  lesson.dataset.done = "";
  lesson.querySelector("[data-finished]").hidden = false;
  const said = lesson.querySelector("[data-said]");
  said.textContent = said.dataset.nowFinished;
}

function later(pause) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(tell, pause);
}

// A practice is done elsewhere: look whether something was seen, and show the page anew when it was.
async function look() {
  const answer = await fetch(facts).catch(() => null);
  const known = answer?.ok ? await answer.json() : null;
  const before = Number(lesson.querySelector("[data-events]").dataset.events);
  const events = Object.values(known?.events ?? {}).reduce((sum, count) => sum + count, 0);
  if (known?.completed || events > before) return location.reload();
  setTimeout(look, SOON);
}

function joined(spans) {
  const found = [];
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else found.push([start, end]);
  }
  return found.slice(-200);
}

function ownPlayer(video) {
  const start = Number(box.dataset.position);
  const speed = Number(box.dataset.speed);
  const resume = () => { if (start > 0 && video.currentTime === 0) video.currentTime = start; };
  if (video.readyState > 0) resume();
  else video.addEventListener("loadedmetadata", resume, { once: true });
  video.addEventListener("ratechange", () => { if (video.playbackRate > speed) video.playbackRate = speed; });
  for (const name of ["pause", "ended"]) video.addEventListener(name, tell);
  return {
    spans: () => [...Array(video.played.length).keys()].map((at) => [video.played.start(at), video.played.end(at)]).slice(-200),
    position: () => (video.played.length ? video.currentTime : null),
  };
}

// The two hosts tell the frame's parent where their player stands; neither needs a script of theirs on this page.
const HOSTS = {
  youtube: {
    origin: "https://www.youtube-nocookie.com",
    greet: { event: "listening", id: 1, channel: "widget" },
    place: (told) => told.info?.currentTime,
  },
  vimeo: {
    origin: "https://player.vimeo.com",
    greet: { method: "addEventListener", value: "timeupdate" },
    place: (told) => (told.event === "timeupdate" ? told.data?.seconds : undefined),
  },
};

function framePlayer(frame, host) {
  let spans = [];
  let at = null;
  let heardAt = 0;
  // The frame may be ready before or after this line: it is greeted until it answers.
  const greeting = setInterval(() => frame.contentWindow.postMessage(JSON.stringify(host.greet), host.origin), 500);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== host.origin) return;
    let told;
    try {
      told = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
    } catch {
      return;
    }
    const place = told && host.place(told);
    if (typeof place !== "number") return;
    clearInterval(greeting);
    // A step that is longer than the time since the last word is a jump, not something that was played.
    const real = (performance.now() - heardAt) / 1000;
    if (at !== null && place > at && place - at <= 2 * real + 0.5) spans = joined([...spans, [at, place]]);
    at = place;
    heardAt = performance.now();
  });
  return { spans: () => spans, position: () => at };
}

if (box) {
  const host = HOSTS[box.dataset.host];
  player = host ? framePlayer(box.querySelector("iframe"), host) : ownPlayer(box.querySelector("video"));
}
if (kind === "practice" && lesson.dataset.done === undefined) look();
new IntersectionObserver((entries, observer) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  observer.disconnect();
  scrolled = true;
  tell();
}).observe(lesson.querySelector("[data-end]"));
lesson.addEventListener("plg:look", tell); // content in a frame has reported something
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    tell();
    shown = null;
  } else {
    shown = performance.now();
    later(PAUSE);
  }
});
const wait = Number(lesson.dataset.seconds || 0);
later(wait ? Math.min(PAUSE, 1000 * wait + 500) : PAUSE);
