// In the frame of a preview: the widget's requests are answered here, from the state that the page holds. What is
// clicked changes that state until the frame is loaded again, and nothing leaves it.
(() => {
  const state = JSON.parse(document.body.dataset.state);
  const of = (flow) => state.checklists.find((each) => each.flow === flow);

  function settle(flow, key, name) {
    const list = of(flow);
    const step = list?.steps.find((each) => each.key === key);
    if (!step) return;
    step[name] = true;
    const settled = (each) => each.done || each.skipped;
    for (const each of list.steps) {
      each.locked_by = each.locked_by.filter((first) => !list.steps.some((one) => one.key === first && settled(one)));
      each.locked = each.locked_by.length > 0;
    }
    list.progress.done = list.steps.filter((each) => each.done).length;
    list.progress.skipped = list.steps.filter((each) => each.skipped && !each.done).length;
    list.completed = list.steps.every(settled);
  }

  function act(flow, step, what) {
    if (step) settle(flow, step, what === "skip" ? "skipped" : "done");
    else if (of(flow) && what === "dismiss") of(flow).dismissed = true;
    if (!step && state.prompts) state.prompts = state.prompts.filter((each) => each.flow !== flow || what === "shown");
    return { status: "preview" };
  }

  window.fetch = async (url, options) => {
    const [, flow, step, what] = /\/flows\/([^/]+)(?:\/steps\/([^/]+))?\/(\w+)$/.exec(new URL(url, location).pathname) ?? [];
    const body = options?.method === "POST" ? act(flow, step, what) : state;
    return new Response(JSON.stringify(body), { status: 200, headers: { "Content-Type": "application/json" } });
  };
  navigator.sendBeacon = () => true;

  // Links lead out of the preview; a click on one shows that it is one, and stays.
  addEventListener("click", (event) => {
    if (event.composedPath().some((each) => each.localName === "a")) event.preventDefault();
  }, true);
})();
