"""The report on a flow's experiment: for programs, and as CSV for the staff."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_openapi3 import Tag

from onboarding_flows import experiment_report, experiment_table
from onboarding_flows.experiment_schemas import ExperimentOut, ExperimentQuery
from onboarding_flows.schemas import FlowPath
from plg.growth.tables import csv_response
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.proportions import MIN_EXPOSED, MIN_OUTCOMES

api = APIBlueprint(
    "onboarding_flows_experiments",
    __name__,
    url_prefix="/v1/flows",
    abp_tags=[Tag(name="Flows")],
    abp_security=[{"secret": []}],
)
bp = Blueprint("staff_flow_experiments", __name__)


@api.get(
    "/<flow>/experiment",
    summary="What the experiment of a flow brought",
    description="Of each arm: how many were exposed, how far they came, how long it took, and how many activated and "
    "upgraded, with what differs from the holdout (or the control, where nobody is held out). Fewer than "
    f"{MIN_EXPOSED} people, or {MIN_OUTCOMES} outcomes, get no number but how many are missing. 404 `no_experiment`.",
    responses={200: ExperimentOut},
)
@requires("secret", "staff")
def get_experiment(path: FlowPath, query: ExperimentQuery) -> dict[str, Any]:
    return experiment_table.answer(experiment_report.of_flow(path.flow, query.version, query.within))


@bp.get("/staff/flows/<flow>/experiment.csv")
@requires("staff")
def experiment_csv(flow: str) -> Response:
    report = experiment_report.of_flow(flow, request.args.get("version", type=int))
    return csv_response(experiment_table.rows(report), f"experiment-{report.flow.key}")
