"""Upgrades: the way from an offer to a paid plan, members' requests to who may buy, what a trial was worth, and a
card before it.

Owns upgrade requests with the cases in which they gather, and receipts of trials; shows offers in the widget; has
the card of a trial charged when that is over. Records `Upgrade Requested`, `Upgrade Declined`, `Trial Receipt Made`.
Hears `Plan Changed`, `Trial Ended`, `Trial Payment Due`, `Payment Failed`, `Card Added`, `Subscription Moved`, what
becomes of disputes, and `People Merged`."""
