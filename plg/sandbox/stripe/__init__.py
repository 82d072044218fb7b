"""A stand-in for Stripe that speaks its real HTTP, for the demo and the tests.

It knows customers, products, prices, checkout, subscriptions, invoices, the billing portal, events and
signed webhooks, in the shapes of API version 2026-08-26.dahlia; the official SDK works against it
unchanged. What it does not know it refuses, as Stripe refuses an unknown parameter. No money moves.
"""

from plg.sandbox.stripe.app import create_stripe

__all__ = ["create_stripe"]
