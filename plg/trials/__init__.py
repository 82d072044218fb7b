"""Trials: a trial with a clock, and the ledger that says how long it is.

Owns trials and their ledgers; the rules stand in the catalogue. Records `Trial Requested`, `Started`, `Extended`,
`Days Earned`, `Days Reversed`, `Paused`, `Resumed`, `Cancelled`, `Payment Due`, `Ended`, `Converted`; `Activated`.
Hears `Subscription Started`, `Payment Failed`, `Card Added`, the end of an account, the catalogue's activation
event, and every event that a rule starts a trial, gives days or counts credits for."""
