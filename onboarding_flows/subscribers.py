"""What onboarding flows do when something happened."""

from __future__ import annotations

from collections.abc import Sequence

from onboarding_flows import by_rule, enrolments, event_names, flows, merging, progress, rewards
from onboarding_flows.enrolments import Actor
from plg.events import names
from plg.events.stream import Batch, LoggedEvent
from plg.kit.clock import now


def on_events(batch: Batch) -> None:
    """Whoever acts in an account begins the flows that are for them; what they do completes steps."""
    for merge in batch.named(names.PEOPLE_MERGED):
        merging.on_merge(merge)
    actors = {Actor(event.person_id, event.account_id) for event in batch.events}
    enrolled = enrolments.of_actors(actors)
    # A visitor of the web site acts in no account: nobody begins a flow by looking at the prices.
    inside = [actor for actor in actors if actor.account_id is not None]
    if missing := enrolments.missing(flows.live(), inside, enrolled):
        enrolments.begin(missing)
        enrolled = enrolments.of_actors(actors)  # also what another transaction has let them begin meanwhile
    versions = flows.versions_of([each.version_id for each in enrolled])
    in_arms = [(each.id, versions[each.version_id].in_arm(each.variant)) for each in enrolled]
    by_rule.reveal(now(), [id for id, flow in in_arms if flow.by_condition])
    progress.take(enrolled, batch.events)
    by_rule.settle(now(), [id for id, flow in in_arms if flow.by_rule])


SETTLED = frozenset(
    {event_names.STEP_COMPLETED, event_names.STEP_RESET, event_names.STEP_UNDONE, event_names.RESET}
    | {event_names.VERSION_CHANGED, names.PEOPLE_MERGED}
)
"""What `on_steps_settled` hears."""


def on_steps_settled(batch: Batch) -> None:
    """Steps that are done earn what their flow promises; what is done no more is taken back."""
    merged = {event.properties["into_person_id"] for event in batch.named(names.PEOPLE_MERGED)}
    told = _may_change_rewards([event for event in batch.events if event.name != names.PEOPLE_MERGED])
    keys = {event.properties["flow"] for event in told}
    actors = {Actor(event.person_id, event.account_id) for event in told}
    enrolled = [each for each in enrolments.of_actors(actors) if each.flow_key in keys]
    rewards.follow([*enrolled, *enrolments.of_owners([], merged)])


def _may_change_rewards(told: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """All but steps done in versions of which no step earns anything. Who has left such a version since has an event
    of their own that says so."""
    versions = flows.all_versions({event.properties["flow"] for event in told})
    poor = {(flow.key, flow.version) for flow in versions if not flow.earns}
    return [
        event
        for event in told
        if event.name != event_names.STEP_COMPLETED
        or (event.properties["flow"], event.properties.get("version")) not in poor
    ]
