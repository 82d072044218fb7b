"""Accounts: the customers' workspaces and who belongs to them, in which role.

Owns accounts, the keys they are known by, memberships and invitations. Records `Account Created`,
`Account Added User`, `Account Removed User`, `Invite Sent`, `Invite Accepted`. Hears `People Merged`."""
