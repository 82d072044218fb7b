"""Events in: Segment's HTTP tracking API and PostHog's capture API, so that every existing SDK works by
changing its host. Owns no table; writes to people, accounts and the log in one transaction."""
