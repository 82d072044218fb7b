"""Upgrades: the right offer at the right moment, a member's request to who may buy, a card before the trial.

Owns offers, which come up as the budget of attention allows, and upgrade requests; has the card of a trial charged
when that is over. Records `Offer Dismissed`, `Upgrade Requested`. Hears `Limit Near`, `Limit Reached`,
`Plan Changed`, `Trial Payment Due`, `Payment Failed`, `Card Added`, `People Merged`."""
