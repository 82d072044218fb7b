"""Billing: who pays, for which plan, with which card, through Stripe.

Owns billing customers, checkouts, cards, charges, prices, changes with their price, paid add-ons, the mirror of
subscriptions and invoices, and the inbox of Stripe's webhooks. Records `Checkout Started`, `Card Added`, `Card
Removed`, everything that becomes of a subscription (`Subscription Started`, `… Changed`, `… Paused`, `… Cancelled`
and their like), `Save Offer Shown` and `… Accepted`, `Invoice Paid`, `Payment Failed`; assigns plans. Hears `People
Merged` and what becomes of a workspace that is to be deleted. Stripe holds the truth about money: whatever a
webhook says, the object is read anew, and `reconciling` looks for what no webhook said."""
