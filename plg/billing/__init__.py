"""Billing: who pays, for which plan, with which card, through Stripe.

Owns billing customers, checkouts, cards, charges, prices, the mirror of subscriptions and the inbox of Stripe's
webhooks. Records `Checkout Started`, `Card Added`, `Card Removed`, `Subscription Started`, `Subscription Cancelled`,
`Payment Failed`; assigns plans. Hears `People Merged` and what becomes of a workspace that is to be deleted. Stripe
holds the truth about money: whatever a webhook says, the object is read anew."""
