"""Events go on to PostHog through its official SDK: a reader of the log that talks to the outside world.
Owns no table; records nothing; hears everything but imported history."""
