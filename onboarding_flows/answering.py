"""Filling in the form of a step, which does it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from onboarding_flows import progress
from onboarding_flows.action_definition import Form, FormField
from onboarding_flows.enrolled import Done, Enrolled, hold
from onboarding_flows.enrolments import Actor
from onboarding_flows.progress import StepLocked
from onboarding_flows.shapes import printable
from onboarding_flows.telling import Telling
from plg.events import log
from plg.kit.clock import now
from plg.kit.errors import Conflict, Fault, Unprocessable
from plg.people import people

MAX_TEXT: Final = 2000


class StepHasNoForm(Conflict):
    """There is nothing to answer in this step."""


class AnswersFaulty(Unprocessable):
    """The errors name every field that is answered wrongly."""


def answer(enrolled: Enrolled, step_key: str, answers: Mapping[str, Any], *, by: Actor) -> bool:
    """Keep a person's answers, and complete the step with them. Returns whether it was not done before: the first
    answers stand until the step is reset."""
    held = hold({enrolled.id}).get(enrolled.id)
    if held is None:
        return False
    flow, moment = held.flow, now()
    step = flow.step(step_key)
    if step.action is None or step.action.form is None:
        raise StepHasNoForm("This step has no form.")
    kept = _checked(step.action.form, answers)
    if step_key in held.done:
        return False
    if locked_by := flow.locked_by(step_key, held.settled, held.hidden):
        raise StepLocked("Other steps come first.", locked_by=locked_by)
    facts = {"step": step_key, "answers": kept}
    account_id = held.enrolled.account_id or by.account_id
    told = Telling(held.enrolled, by.person_id, account_id).form_answered(step_key, facts, moment)
    log.store(told)
    _describe(step.action.form, kept, by.person_id)
    event_id = told[0]["id"] if told else None
    done = Done(enrolled.id, step_key, moment, by.person_id, event_id, None, account_id)
    progress.keep({enrolled.id: held}, [done])
    return True


def _checked(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What was answered, by field; null is no answer."""
    known = {field.key: field for field in form.fields}
    given = {key: value for key, value in answers.items() if value is not None}
    faults = [Fault(f"answers.{key}", "there is no such field") for key in given if key not in known]
    for key, field in known.items():
        said = _fault(field, given.get(key))
        if said is not None:
            faults.append(Fault(f"answers.{key}", said))
    if faults:
        raise AnswersFaulty(errors=faults)
    return given


def _fault(field: FormField, value: Any) -> str | None:
    if value is None or value == "":
        return "is missing" if field.required else None
    if field.kind == "yes_no":
        return None if isinstance(value, bool) else "must be true or false"
    if field.kind == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if is_number and isfinite(value) else "must be a number"
    if field.kind == "choice":
        keys = [option.key for option in field.options]
        return None if value in keys else f"must be one of {', '.join(keys)}"
    return _fault_of_text(value)


def _fault_of_text(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return f"must be a text of at most {MAX_TEXT} characters"
    try:
        printable(value)
    except ValueError as error:
        return str(error)
    return None


def _describe(form: Form, answers: Mapping[str, Any], person_id: int | None) -> None:
    """Keep as traits of the person what the form says is one."""
    traits = {
        field.trait: answers[field.key] for field in form.fields if field.trait and field.key in answers
    }
    if traits and person_id is not None:
        people.describe(people.get(person_id), traits)
