"""What onboarding flows do when something happened."""

from __future__ import annotations

from onboarding_flows import by_rule, enrolments, flows, merging, progress
from onboarding_flows.enrolments import Actor
from plg.events import names
from plg.events.stream import Batch
from plg.kit.clock import now


def on_events(batch: Batch) -> None:
    """Whoever acts in an account begins the flows that are for them; what they do completes steps."""
    for merge in batch.named(names.PEOPLE_MERGED):
        merging.on_merge(merge)
    actors = {Actor(event.person_id, event.account_id) for event in batch.events}
    enrolled = enrolments.of_actors(actors)
    # A visitor of the web site acts in no account: nobody begins a flow by looking at the prices.
    inside = [actor for actor in actors if actor.account_id is not None]
    if enrolments.begin(enrolments.missing(flows.live(), inside, enrolled)):
        enrolled = enrolments.of_actors(actors)
    progress.take(enrolled, batch.events)
    by_rule.settle(now(), [each.id for each in enrolled if each.flow.by_rule])
