"""Access: how somebody proves who they are: API keys, user tokens, passwords, passkeys, codes, sessions, links.

Owns keys, staff members, credentials, passkeys, authenticator apps, recovery codes, sessions and one-time tokens.
Records `Email Confirmed`, `Email Changed`, `Signed In`, `Password Changed`, `Passkey Added`, `Passkey Removed`,
`Two-Step Turned On`, `Two-Step Turned Off`, `Recovery Code Used`."""
