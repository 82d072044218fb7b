"""Offers: what is worth showing to an account at a moment of value, to whom, in which of its variants, and what came
of it.

Owns offers as `offers.yaml` defines them, those that a limit raises by itself, who was shown them, and who met their
experiments. Records `Offer Shown`, `Offer Dismissed`, `Offer Clicked`, `Experiment Exposed`. Hears every event, for
any can be a trigger; `Plan Changed` settles what was offered, `People Merged` moves it. Asks attention before
anything comes up."""
