"""Usage: how much of a plan's features an account has used, and what it may still do.

Owns meters, counters, reservations and grants. Records `Limit Halfway`, `Limit Near`, `Limit Reached`,
`Limit Forecast`, `Usage Granted`, `Feature Refused`, and the metered event of a confirmed reservation. Hears every
event that a feature is metered by, and `Event Cancelled`."""
