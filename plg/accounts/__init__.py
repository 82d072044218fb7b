"""Accounts: the customers' workspaces, who belongs to them in which role, and who may join.

Owns accounts and the keys they are known by, memberships and rights, invitations and links, company domains and
requests to join, and the deletion of a workspace. Records `Account Created`, `Account Updated`,
`Account Added User`, `Account Role Changed`, `Account Removed User`, `Ownership Transferred`, `Invite Sent`,
`Invite Accepted`, `Domain Verified`, `Domain Lost`, `Join Requested`, `Join Declined`,
`Account Deletion Requested`, `Account Deletion Cancelled`, `Account Deleted`. Hears `People Merged`."""
