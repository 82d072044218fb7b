"""Messaging: what plg writes to people, kept as rows until it has left.

Owns the outbox. Records `Message Sent`, `Message Failed`. Hears `People Merged`."""
