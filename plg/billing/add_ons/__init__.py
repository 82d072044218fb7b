"""Add-ons that are paid: their prices at Stripe, what more or less of one costs, and what an account has of them."""
