"""The whole way from an exported folder to the report."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from app.analysis.report.fitted import Fitted
from app.analysis.report.fitting import fit_analysis
from app.analysis.report.flow import count_flow
from app.analysis.report.imputed import Imputer
from app.analysis.report.outcomes import other_outcomes
from app.analysis.report.results import Results
from app.analysis.report.writing import write_report
from app.analysis.trial.allocation_file import (
    dummy_allocation,
    dummy_names,
    dummy_sequences,
    file_hash,
    one_group,
    read_allocation,
)
from app.analysis.trial.dataset import Dataset, check_days, for_analysis
from app.analysis.trial.derived import primary_data
from app.analysis.trial.plan import Arms, CrossoverDesign, Plan, PlannedAnalysis, PlannedArm
from app.analysis.trial.plan_schema import read_plan
from app.analysis.trial.snapshot import Snapshot, read_snapshot
from app.analysis.trial.visits import placed


def analyse(
    snapshot: Path, plan: Plan | Path, allocation: Path | None, out: Path, *, truth: float | None = None
) -> Results:
    """Analyse an exported folder and write the report with its figures and tables to `out`.

    Without an allocation the run is blind: a pooled model and a drawn dummy allocation, and every page says so. `truth`
    is the true difference of synthetic data. Raises SnapshotError, FileError or AnalysisError with what to do.
    """
    planned = read_plan(plan) if isinstance(plan, Path) else plan
    results = estimate(read_snapshot(snapshot), planned, allocation, out, truth)
    write_report(results)
    return results


def estimate(snapshot: Snapshot, plan: Plan, allocation: Path | None, out: Path, truth: float | None) -> Results:
    """Fit every analysis of the plan; writes nothing."""
    check_days(snapshot, plan)
    snapshot = placed(snapshot, plan)
    plan, arms = allotted(snapshot, plan, allocation)
    own, dataset = primary_data(snapshot, plan, arms)
    imputer = Imputer(own)
    done = tuple(fit_analysis(_rows(snapshot, plan, arms, dataset, each), imputer, each) for each in plan.analyses)
    primary = next(fit for fit in done if fit.analysis.id == own.primary.id)
    analysed = primary.participants if isinstance(primary, Fitted) else frozenset[str]()
    return Results(
        plan=own,
        snapshot=snapshot,
        dataset=dataset,
        flow=count_flow(snapshot, own, arms, dataset, analysed),
        done=done,
        imputer=imputer,
        blind=allocation is None and plan.arms.reference is not None,
        allocation_sha256=file_hash(allocation) if allocation else "",
        truth=truth if allocation else None,
        others=other_outcomes(snapshot, plan, arms),
        out=out,
        allocated=arms,
    )


def _rows(snapshot: Snapshot, plan: Plan, arms: pd.Series, dataset: Dataset, analysis: PlannedAnalysis) -> Dataset:
    """What the analysis is fitted to; where it has a rule of its own for missing values, made by that."""
    if analysis.missing is not None:
        _, dataset = primary_data(snapshot, plan, arms, analysis.missing)
    return for_analysis(dataset, snapshot, plan, analysis)


def allotted(snapshot: Snapshot, plan: Plan, allocation: Path | None) -> tuple[Plan, pd.Series]:
    """The plan with the names of its arms in this run, and the arm of each participant.

    A plan without arms is one group; without an allocation the arms are drawn.
    """
    if plan.arms.reference is None:
        return plan, one_group(snapshot, plan)
    if allocation is not None:
        return plan, read_allocation(allocation, snapshot, plan)
    return with_dummy_arms(plan), dummy_allocation(snapshot, plan)


def with_dummy_arms(plan: Plan) -> Plan:
    """The plan with the dummy names instead of the arms', also in the weights of named contrasts."""
    reference, active, *others = (PlannedArm("", name) for name in dummy_names(plan))
    contrasts = plan.contrasts
    if not isinstance(contrasts, str):
        dummy = dict(zip(plan.arms.names, dummy_names(plan), strict=True))
        contrasts = {
            f"Dummy contrast {place}": {dummy[arm]: weight for arm, weight in weights.items()}
            for place, weights in enumerate(contrasts.values(), 1)
        }
    crossover = plan.crossover and dummy_crossover(plan.crossover, plan)
    return replace(plan, arms=Arms(active, reference, tuple(others)), contrasts=contrasts, crossover=crossover)


def dummy_crossover(design: CrossoverDesign, plan: Plan) -> CrossoverDesign:
    """The design with the dummy names of sequences and treatments."""
    dummy = dict(zip(plan.arms.names, dummy_names(plan), strict=True))
    orders = (tuple(dummy[arm] for arm in order) for order in design.sequences.values())
    return replace(design, sequences=dict(zip(dummy_sequences(plan), orders, strict=True)))
