"""The whole way from an exported folder to the report."""

from dataclasses import replace
from pathlib import Path

from app.analysis.errors import NotEstimable
from app.analysis.report.fitting import Fitted, NotFitted, fit_analysis
from app.analysis.report.flow import count_flow
from app.analysis.report.imputed import Imputer
from app.analysis.report.results import Results
from app.analysis.report.writing import write_report
from app.analysis.trial.allocation_file import DUMMY_NAMES, dummy_allocation, file_hash, read_allocation
from app.analysis.trial.dataset import build_dataset, check_days, for_analysis
from app.analysis.trial.plan import Arms, Plan, PlannedArm
from app.analysis.trial.plan_schema import read_plan
from app.analysis.trial.snapshot import Snapshot, read_snapshot


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
    if allocation is None:
        plan = with_dummy_arms(plan)
        arms = dummy_allocation(snapshot, plan)
    else:
        arms = read_allocation(allocation, snapshot, plan)
    dataset = build_dataset(snapshot, plan, arms)
    imputer = Imputer(plan)
    done = tuple(
        fit_analysis(for_analysis(dataset, snapshot, plan, analysis), imputer, analysis) for analysis in plan.analyses
    )
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
    primary = next(fit for fit in done if fit.analysis.id == plan.primary.id)
    if isinstance(primary, NotFitted):
        raise NotEstimable(f"the primary analysis cannot be done: {primary.reason}")
    return primary
