"""plg as OpenID Connect provider: the host product signs its users in with plg.

Owns clients, signing keys, grants (one sign-in of a person at a client) and their tokens. Records `Signed In`."""
