"""What a run of the plan found, and the warning that a blind run carries everywhere."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from app.analysis.errors import NotEstimable
from app.analysis.report.fitted import Effect, Fitted, NotFitted
from app.analysis.report.flow import Flow
from app.analysis.report.imputed import Imputer
from app.analysis.report.outcomes import OtherOutcome
from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot

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
    blind: bool
    allocation_sha256: str
    truth: float | None
    others: tuple[OtherOutcome, ...]
    """The other outcomes of the plan, each fitted or with its reason."""
    out: Path
    allocated: pd.Series = field(default_factory=pd.Series, repr=False)
    """The arm of each participant in this run."""

    @property
    def primary(self) -> Fitted:
        """The primary analysis; raises NotEstimable, with the reason, where it could not be done."""
        fit = next(fit for fit in self.done if fit.analysis.id == self.plan.primary.id)
        if isinstance(fit, NotFitted):
            raise NotEstimable(f"the primary analysis could not be done: {fit.reason}")
        return fit

    @property
    def effect(self) -> Effect:
        """The difference of change at the primary visit, by the primary analysis."""
        return self.primary.effect(self.plan.primary_day)

    @property
    def supporting(self) -> tuple[Fitted, ...]:
        """The supporting analyses that could be done."""
        return tuple(fit for fit in self.done if isinstance(fit, Fitted) and fit.analysis.role == "supporting")

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms as they are named in this run, the reference first."""
        return self.plan.arms.names

    @property
    def shown_arms(self) -> tuple[str, ...]:
        """The arms in the order of tables and figures: the reference last."""
        first, *rest = self.arms
        return (*rest, first)

    @property
    def shown_groups(self) -> tuple[str, ...]:
        """What participants were allocated to, in the order of tables: the arms, or the sequences of a cross-over."""
        return self.plan.shown_groups

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
        try:
            primary = self.primary.analysis
        except NotEstimable as problem:
            return {"not_done": str(problem)}
        result = {"model": primary.equation, "visit": self.plan.visits[self.plan.primary_day], **asdict(self.effect)}
        return result | {"true_difference": self.truth}

    def table(self) -> pd.DataFrame:
        """Every change and difference of every analysis, one row each."""
        every = (*self.done, *(other.fit for other in self.others))
        frames = [frame for fit in every for frame in _rows(fit)]
        table = pd.concat(frames, ignore_index=True)
        return table.assign(direction=self.note.replace("\n", " "))


def _rows(fitted: Fitted | NotFitted) -> list[pd.DataFrame]:
    """Every number of one analysis; of one that could not be done a row that says why."""
    analysis = fitted.analysis
    common = {"analysis": analysis.id, "title": analysis.title, "role": analysis.role, "estimand": analysis.estimand}
    common |= {"population": analysis.population, "model": analysis.model, "not_done": ""}
    if isinstance(fitted, NotFitted):
        return [pd.DataFrame([common | {"quantity": "none", "not_done": fitted.reason}])]
    common |= {"covariance": fitted.covariance}
    return [
        frame.assign(quantity=quantity, **common)
        for quantity, frame in (
            ("change", fitted.changes),
            ("difference", fitted.differences.assign(n=None)),
            *((str(measure), own.drop(columns="measure")) for measure, own in by_measure(fitted.ratios)),
        )
    ]


def by_measure(ratios: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The ratios of each measure, in their order; none of a model that has no ratios."""
    names = dict.fromkeys(ratios["measure"].tolist() if len(ratios) else ())
    return [(name, ratios[ratios["measure"] == name].assign(n=None)) for name in names]
