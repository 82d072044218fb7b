// Passkeys: a form with data-passkey ("register" or "sign-in") fetches what to ask for from data-options, asks the
// browser, and sends its answer in the field `credential`. Such forms arrive hidden and are shown where it works.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

function readable(options) {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (options.user) asked.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) asked.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) asked.allowCredentials = named(options.allowCredentials);
  return asked;
}

function sendable(credential) {
  const { response } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) told[part] = text(response[part]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: told,
    clientExtensionResults: credential.getClientExtensionResults() };
}

let waiting = null; // the offer in the address field's suggestions ends when the reader chooses the button

async function ask(form, more = {}) {
  const answer = await fetch(form.dataset.options, {
    method: "POST", headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
  });
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) throw new Error(answer.statusText);
  const publicKey = readable(await answer.json());
  const credential = form.dataset.passkey === "register"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey, ...more });
  form.elements.credential.value = JSON.stringify(sendable(credential));
  form.submit();
}

async function offerInSuggestions(form) {
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  waiting = new AbortController();
  try {
    await ask(form, { mediation: "conditional", signal: waiting.signal });
  } catch { /* the reader signs in another way */ }
}

function wire(form) {
  form.hidden = false;
  const refused = form.querySelector("[data-refused]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    waiting?.abort();
    refused.hidden = true;
    try {
      await ask(form);
    } catch {
      refused.textContent = refused.dataset.refused;
      refused.hidden = false;
    }
  });
  if ("autofill" in form.dataset) offerInSuggestions(form);
}

if (window.PublicKeyCredential && navigator.credentials) {
  document.querySelectorAll("form[data-passkey]").forEach(wire);
  if (document.querySelector("form[data-passkey]")) {
    for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = true;
  }
}
