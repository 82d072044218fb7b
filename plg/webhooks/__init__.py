"""Webhook endpoints: the host product is told of every change that plg records, signed by Standard Webhooks.

Owns endpoints and their deliveries (an outbox). Records `Webhook Endpoint Disabled`. Hears every event that plg
itself records; what the host's own clients send is not sent back."""
