"""Upgrades: the way from an offer to a paid plan, a member's request to who may buy, a card before the trial.

Owns upgrade requests; shows offers in the widget and on the page of plans; has the card of a trial charged when that
is over. Records `Upgrade Requested`. Hears `Plan Changed`, `Trial Payment Due`, `Payment Failed`, `Card Added`,
`People Merged`."""
