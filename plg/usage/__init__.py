"""Usage: how much of a plan's features an account has used, and what it may still do.

Owns the counters. Records `Limit Near`, `Limit Reached`. Hears every event that a metered feature counts."""
