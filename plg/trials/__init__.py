"""Trials: self-serve sign-up, and a trial with a clock.

Owns trials and their grants of days. Records `Signed Up`, `Trial Started`, `Trial Ended`, `Trial Converted`,
`Activated`. Hears `Subscription Started` and the catalogue's activation event."""
