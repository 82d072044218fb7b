// Where this script comes from is where plg is: on a host of its own, or under any path and file name of the
// product's own host that a proxy hands on to plg (which ad blockers leave alone).
const script = document.currentScript;
const { key, locale, token: signed } = script.dataset;
const base = new URL('v1/', script.src).href;
const lang = locale || document.documentElement.lang || navigator.language;

const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    console.debug(error);
  }
};
// What a tab remembers from page to page, where the browser lets it.
const memory = attempt(() => sessionStorage) || {};
