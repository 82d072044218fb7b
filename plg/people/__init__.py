"""People: who somebody is, under all the ids they are known by.

Owns people, their identities and the audit of merges. Records `People Merged`. Hears nothing."""
