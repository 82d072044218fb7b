"""Billing: who pays, for which plan, through Stripe.

Owns billing customers, checkouts, prices, the mirror of subscriptions and the inbox of Stripe's webhooks.
Records `Checkout Started`, `Subscription Started`, `Subscription Cancelled`, `Payment Failed`; assigns plans.
Hears `People Merged`. Stripe holds the truth about money: whatever a webhook says, the object is read anew."""
