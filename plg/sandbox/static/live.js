// Keeps every part marked data-live current: fetches the page again and swaps the parts that changed.
const PAUSE = 2000;

async function refresh() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length || document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    const reading = part.contains(document.activeElement);
    if (next && !reading && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
  }
}

setInterval(() => refresh().catch(() => {}), PAUSE);
