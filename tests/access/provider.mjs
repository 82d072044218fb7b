// The certified provider `oidc-provider` (panva) on loopback: a firm's own directory with two people in it.
import Provider from 'oidc-provider'

const [port, redirect] = process.argv.slice(-2)
const people = {
  ana: { sub: 'ana', email: 'ana@acme.example', email_verified: true, name: 'Ana García', locale: 'es' },
  bea: { sub: 'bea', email: 'bea@acme.example', email_verified: false, name: 'Bea' },
}
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'plg', client_secret: 'a secret that plg knows', redirect_uris: [redirect] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
  findAccount: (ctx, id) => people[id] && { accountId: id, claims: () => people[id] },
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
