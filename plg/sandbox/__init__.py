"""The sandbox: stand-ins for the outside world, on loopback, speaking the real protocols.

They let the demo and the tests run with no network: `inbox` (SMTP with a page to read the mail),
`posthog` (PostHog's capture API) and `stripe`. The product does not know about them; it uses the
official SDKs with another base URL.
"""
