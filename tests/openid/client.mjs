// The certified client library `openid-client` signs somebody in with plg, as a product of another language would.
// What a browser does is done by `Browser`: plg's own pages, their forms and cookies.
import * as client from 'openid-client'
import assert from 'node:assert/strict'
import readline from 'node:readline'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, AUTH, EMAIL, PASSWORD, ALG } = process.env
const REDIRECT = 'http://127.0.0.1:9/callback', GOODBYE = 'http://127.0.0.1:9/goodbye'
const SCOPE = 'openid profile email account accounts offline_access'
const input = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()

class Browser {
  cookies = new Map()

  async go(url, init = {}) {
    const cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie, accept: 'text/html' } })
    for (const set of answer.headers.getSetCookie()) {
      const [pair] = set.split(';'), at = pair.indexOf('=')
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const location = answer.headers.get('location')
    if (location) return this.follow(new URL(location, url))
    const text = await answer.text()
    const refresh = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(text)
    if (refresh) return this.follow(new URL(unescape(refresh[1]), url))
    return { url: new URL(url), text, status: answer.status }
  }

  follow(url) {
    return url.origin === new URL(ISSUER).origin ? this.go(url) : { url }
  }

  async submit(page, fields) {
    const body = new URLSearchParams({ ...hidden(page.text), ...fields })
    return this.go(page.url, { method: 'POST', body })
  }
}

const unescape = text => text.replaceAll('&amp;', '&').replaceAll('&#34;', '"').replaceAll('&#39;', "'")

function hidden(html) {
  const fields = {}
  for (const [, tag] of html.matchAll(/<input ([^>]*type="hidden"[^>]*)>/g)) {
    const name = /name="([^"]*)"/.exec(tag)[1], value = /value="([^"]*)"/.exec(tag)
    fields[name] = value ? unescape(value[1]) : ''
  }
  return fields
}

async function authorize(config, browser, extra = {}, signsIn = false) {
  const verifier = client.randomPKCECodeVerifier(), nonce = client.randomNonce(), state = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT, scope: SCOPE, nonce, state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...extra,
  })
  let page = await browser.go(url)
  if (signsIn) {
    assert.equal(page.url.pathname, '/login')
    page = await browser.submit(page, { email: EMAIL, password: PASSWORD })
  }
  assert.equal(page.url.origin + page.url.pathname, REDIRECT, `stopped at ${page.url}: ${page.text}`)
  return client.authorizationCodeGrant(config, page.url, {
    pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true,
    ...(extra.max_age === undefined ? {} : { maxAge: extra.max_age }),
  })
}

async function signInAndOut(config) {
  const browser = new Browser()
  const tokens = await authorize(config, browser, { login_hint: EMAIL, ui_locales: 'es' }, true)
  const claims = tokens.claims()
  assert.equal(claims.email, EMAIL)
  assert.equal(claims.email_verified, true)
  const about = await client.fetchUserInfo(config, tokens.access_token, claims.sub)

  const silent = await authorize(config, browser, { prompt: 'none' })
  assert.equal(silent.claims().sub, claims.sub)
  const anew = await authorize(config, browser, { prompt: 'login', max_age: 60 }, true)
  assert.ok(anew.claims().auth_time >= claims.auth_time)

  const refreshed = await client.refreshTokenGrant(config, anew.refresh_token)
  assert.notEqual(refreshed.refresh_token, anew.refresh_token)
  assert.equal(refreshed.claims().sub, claims.sub)
  assert.equal((await client.fetchUserInfo(config, refreshed.access_token, claims.sub)).role, about.role)

  const bye = await browser.go(client.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token, post_logout_redirect_uri: GOODBYE, state: 'later' }))
  assert.equal(bye.url.href, `${GOODBYE}?state=later`)
  await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, claims.sub), { status: 401 })
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: 'invalid_grant' })
  await assert.rejects(authorize(config, browser, { prompt: 'none' }), { error: 'login_required' })
  return { claims, about, kid: JSON.parse(atob(tokens.id_token.split('.')[0])).kid }
}

const ways = { basic: client.ClientSecretBasic, post: client.ClientSecretPost, none: client.None }
const config = await client.discovery(
  new URL(ISSUER), CLIENT_ID, { id_token_signed_response_alg: ALG }, ways[AUTH](CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] })
assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true)

const before = await signInAndOut(config)
console.log(JSON.stringify(before))
await input.next() // the keys are rotated now
console.log(JSON.stringify(await signInAndOut(config)))
process.exit(0)
