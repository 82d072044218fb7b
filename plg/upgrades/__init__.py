"""Upgrades: the right offer at the right moment, and a member's request to who may buy.

Owns offers and upgrade requests. Records `Offer Dismissed`, `Upgrade Requested`. Hears `Limit Near`,
`Limit Reached`, `Plan Changed`, `People Merged`."""
