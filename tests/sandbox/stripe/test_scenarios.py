"""What an independent emulator of Stripe did, step by step: the same status, amounts and refusals here."""

import json
import re

import pytest

from tests.support.data import shared_data

TOLD = (
    "status",
    "amount_due",
    "amount_paid",
    "billing_reason",
    "attempt_count",
    "cancel_at_period_end",
    "unit_amount",
)
#: Steps where the sandbox says less, by purpose: what it does not model it refuses.
LEFT_OUT = {
    ("idempotency_and_errors", 6): "a price below nothing, which the sandbox refuses",
    ("idempotency_and_errors", 9): "a page of a thousand, which Stripe refuses as well",
}


@pytest.mark.parametrize(
    "name", ["trial_with_card", "trial_no_card_pause", "declines", "idempotency_and_errors"]
)
def test_a_recorded_scenario_goes_as_it_went(world, name):
    scenario = json.loads(shared_data("stripe", "scenarios", f"{name}.json").read_text())
    ids, differences = {}, []
    for step in scenario["steps"]:
        answer = ask(world, step, ids)
        learn(step["body"], answer.json(), ids)
        if (name, step["seq"]) in LEFT_OUT:
            continue
        expected = step["status"], facts(step["body"])
        found = answer.status_code, facts(answer.json())
        if step["path"] != "/v1/events" and expected != found:
            differences.append(f"{step['seq']} {step['method']} {step['path']}: {expected} here {found}")

    assert not differences, "\n".join(differences)


def ask(world, step, ids):
    text = re.sub(r"\b[a-z]+_[A-Za-z0-9]{8,}\b", lambda found: ids.get(found[0], found[0]), json.dumps(step))
    mapped = json.loads(text)
    form = dict(fields(mapped["params"] or {}))
    if step["method"] == "GET":
        return world.get(mapped["path"], **form)
    return world.post(mapped["path"], mapped["idempotency_key"], **form)


def fields(thing, name=""):
    """A mapping as Stripe's form fields."""
    if not isinstance(thing, dict | list):
        yield name, str(thing).lower() if isinstance(thing, bool) else str(thing)
        return
    pairs = thing.items() if isinstance(thing, dict) else enumerate(thing)
    for key, value in pairs:
        yield from fields(value, f"{name}[{key}]" if name else str(key))


def learn(theirs, ours, ids):
    """Which id here stands for which id there."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if isinstance(theirs.get("id"), str) and "id" in ours:
            ids[theirs["id"]] = ours["id"]
        for key in theirs.keys() & ours.keys():
            learn(theirs[key], ours[key], ids)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for one, other in zip(theirs, ours, strict=False):
            learn(one, other, ids)


def facts(body):
    """Of an answer, what has to be the same."""
    if "error" in body:
        return {key: body["error"].get(key) for key in ("type", "code", "decline_code")}
    if body.get("object") == "list":
        return [facts(each) for each in body["data"]]
    return {key: body[key] for key in TOLD if key in body}
