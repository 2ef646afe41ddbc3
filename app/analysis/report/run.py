"""The whole way from an exported folder to the report."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from app.analysis.errors import NotEstimable
from app.analysis.report.fitting import Effect, Fitted, NotFitted, fit_analysis
from app.analysis.report.flow import Flow, count_flow
from app.analysis.report.imputed import Imputer
from app.analysis.trial.allocation_file import DUMMY_NAMES, dummy_allocation, file_hash, read_allocation
from app.analysis.trial.dataset import Dataset, build_dataset, for_analysis
from app.analysis.trial.plan import Arms, Plan, PlannedArm
from app.analysis.trial.plan_schema import read_plan
from app.analysis.trial.snapshot import Snapshot, read_snapshot

BLIND = "BLIND RUN: drawn dummy arms, not the allocation. No number here says anything about the treatment."


@dataclass(frozen=True)
class Results:
    """What was estimated, from what, and where the report lies."""

    plan: Plan
    snapshot: Snapshot
    dataset: Dataset
    flow: Flow
    done: tuple[Fitted | NotFitted, ...]
    imputer: Imputer
    primary: Fitted
    blind: bool
    allocation_sha256: str
    truth: float | None
    out: Path

    @property
    def effect(self) -> Effect:
        """The primary result."""
        return self.primary.effect(self.plan.primary_day)

    @property
    def supporting(self) -> tuple[Fitted, ...]:
        """The supporting analyses that could be done."""
        return tuple(one for one in self.done if isinstance(one, Fitted) and one.analysis.role == "supporting")

    @property
    def arms(self) -> tuple[str, str]:
        """Reference and active, as they are named in this run."""
        return self.plan.arms.names

    @property
    def note(self) -> str:
        """What must stand on every table and picture."""
        return f"{BLIND}\n{self.plan.direction}" if self.blind else self.plan.direction

    @property
    def blind_note(self) -> str:
        """The warning of a blind run, for what shows no difference."""
        return BLIND if self.blind else ""

    def summary(self) -> dict[str, Any]:
        """The primary result for a machine; nothing in it when the run was blind but that."""
        if self.blind:
            return {"blind": True}
        primary = self.primary.analysis
        known = {"model": primary.equation, "visit": self.plan.visits[self.plan.primary_day], **asdict(self.effect)}
        return known | {"true_difference": self.truth}

    def table(self) -> pd.DataFrame:
        """Every change and difference of every analysis, one row each."""
        frames = [frame for one in self.done if isinstance(one, Fitted) for frame in _rows(one)]
        table = pd.concat(frames, ignore_index=True)
        return table.assign(direction=self.note.replace("\n", " "))


def analyse(
    snapshot: Path, plan: Plan | Path, allocation: Path | None, out: Path, *, truth: float | None = None
) -> Results:
    """Analyse an exported folder and write the report with its figures and tables to `out`.

    Without an allocation the run is blind: a pooled model and a drawn dummy allocation, and every page says so. `truth`
    is the true difference of synthetic data. Raises SnapshotError, FileError or AnalysisError with what to do.
    """
    from app.analysis.report.writing import write_report

    planned = read_plan(plan) if isinstance(plan, Path) else plan
    results = estimate(read_snapshot(snapshot), planned, allocation, out, truth)
    write_report(results)
    return results


def estimate(snapshot: Snapshot, plan: Plan, allocation: Path | None, out: Path, truth: float | None) -> Results:
    """Fit every analysis of the plan; writes nothing."""
    if allocation is None:
        plan = with_dummy_arms(plan)
        arms = dummy_allocation(snapshot, plan)
    else:
        arms = read_allocation(allocation, snapshot, plan)
    dataset = build_dataset(snapshot, plan, arms)
    imputer = Imputer(plan)
    done = tuple(fit_analysis(for_analysis(dataset, snapshot, plan, one), imputer, one) for one in plan.analyses)
    return Results(
        plan=plan,
        snapshot=snapshot,
        dataset=dataset,
        flow=count_flow(snapshot, plan, arms, dataset),
        done=done,
        imputer=imputer,
        primary=_primary(done, plan),
        blind=allocation is None,
        allocation_sha256=file_hash(allocation) if allocation else "",
        truth=truth if allocation else None,
        out=out,
    )


def with_dummy_arms(plan: Plan) -> Plan:
    """The plan with the dummy names instead of the arms'."""
    reference, active = DUMMY_NAMES
    return replace(plan, arms=Arms(PlannedArm("", active), PlannedArm("", reference)))


def _primary(done: tuple[Fitted | NotFitted, ...], plan: Plan) -> Fitted:
    primary = next(one for one in done if one.analysis.id == plan.primary.id)
    if isinstance(primary, NotFitted):
        raise NotEstimable(f"the primary analysis cannot be done: {primary.reason}")
    return primary


def _rows(one: Fitted) -> list[pd.DataFrame]:
    about = one.analysis
    common = {"analysis": about.id, "title": about.title, "role": about.role, "estimand": about.estimand}
    common |= {"population": about.population, "model": about.model, "covariance": one.covariance}
    return [
        frame.assign(quantity=quantity, **common)
        for quantity, frame in (("change", one.changes), ("difference", one.differences.assign(arm="", n=None)))
    ]
