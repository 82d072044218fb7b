"""What accounts use beyond what their plans give, at Stripe: its prices, the items of subscriptions, and reports."""
