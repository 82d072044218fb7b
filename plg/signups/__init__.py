"""Sign-ups: self-serve ways in for new customers, and a fair, explained answer to each of them.

Owns the cases (one a sign-up), their decisions and reasons, what staff overruled, and the traces (keyed hashes) that
they rest on. Records `Signed Up`, `Signup Held`, `Signup Released`. Hears `Email Confirmed`, `Card Added`,
`People Merged`."""
