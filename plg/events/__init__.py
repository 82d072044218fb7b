"""The spine: the append-only log of what people do, and the subscribers that read it in commit order.

Owns `events`, the subscribers' cursors and the parked failures. Records nothing by itself."""
