"""Access: how somebody proves who they are: API keys, user tokens, passwords, sessions, one-time links.

Owns keys, staff members, credentials, sessions and one-time tokens. Records `Email Confirmed`, `Signed In`."""
