"""Why there is no difference at the primary visit, and what to do about it."""

from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import Plan

LOOK = "See that it is a visit of the protocol, and that the export was made after it"
WAIT = "until somebody has answered there, nothing can be said of it"


def unanswered(dataset: Dataset, plan: Plan) -> str:
    """That the visit, or an arm of it, has no value; empty where each arm has one, or where nothing is left at all."""
    if plan.crossover is not None or dataset.long.empty:
        return ""
    values = dataset.long.dropna(subset=[dataset.score])
    there = values[values["day"] == plan.primary_day]
    if there.empty:
        return f"Nobody of this population has {plan.outcome.name} {plan.at_visit(plan.primary_day)}. {LOOK}; {WAIT}."
    absent = [arm for arm in plan.arms.names if arm not in set(there["arm"].astype(str))]
    if not absent:
        return ""
    return f"Nobody allocated to {' or '.join(absent)} has {plan.outcome.name} {plan.at_visit(plan.primary_day)}."
