"""Attention: how often plg may come up to a person by itself, over everything that it shows.

Owns the ledger of what was shown to whom, the limits by the hour, day and week, and what was held back and why.
Hears `People Merged`. A room that wants to show something asks its `Budget`, and notes in the ledger what came on a
screen."""
