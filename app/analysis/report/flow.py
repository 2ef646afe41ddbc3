"""Counts the participants on their way through the trial: what a CONSORT flow diagram shows."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from app.analysis.trial.dataset import Dataset
from app.analysis.trial.days import day_zero, event_days
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot


@dataclass(frozen=True)
class ArmFlow:
    """One arm's way. The reasons count people, most frequent first."""

    arm: str
    allocated: int
    began: int
    not_begun: dict[str, int]
    stopped: int | None
    """None where the plan knows no event that ends the treatment."""
    withdrawn: dict[str, int]
    answered_primary: int
    analysed: int


@dataclass(frozen=True)
class Flow:
    """Enrolment, allocation, follow-up and analysis."""

    enrolled: int
    not_randomised: int
    randomised: int
    arms: tuple[ArmFlow, ...]
    primary_visit: str
    start: str = "day 0"
    """What day 0 is, in words."""

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """stage, arm and count, as the figure's data."""
        yield from (("enrolled", "", self.enrolled), ("not randomised", "", self.not_randomised))
        yield "randomised", "", self.randomised
        for arm in self.arms:
            yield from (("allocated", arm.arm, arm.allocated), (f"with {self.start}", arm.arm, arm.began))
            yield from ((f"without {self.start}: {reason}", arm.arm, count) for reason, count in arm.not_begun.items())
            if arm.stopped is not None:
                yield "treatment stopped", arm.arm, arm.stopped
            yield from ((f"withdrawn: {reason}", arm.arm, count) for reason, count in arm.withdrawn.items())
            yield f"answered at {self.primary_visit}", arm.arm, arm.answered_primary
            yield "analysed", arm.arm, arm.analysed

    def table(self) -> pd.DataFrame:
        """The rows as a data frame."""
        return pd.DataFrame(list(self.rows()), columns=["stage", "arm", "participants"])


def count_flow(snapshot: Snapshot, plan: Plan, arms: pd.Series, dataset: Dataset) -> Flow:
    """The counts; withdrawal counts those with a day 0, up to the end of follow-up."""
    people = snapshot.participants.assign(arm=snapshot.participants["participant"].map(arms))
    randomised = people["randomised_on"].notna() if plan.arms.reference else pd.Series(True, people.index)
    began = day_zero(snapshot, plan.anchor)
    stopped = frozenset(event_days(snapshot, began, plan.stopping_events).index) if plan.stopping_events else None
    return Flow(
        enrolled=len(people),
        not_randomised=int((~randomised).sum()),
        randomised=int(randomised.sum()),
        arms=tuple(_arm(people[people["arm"] == arm], arm, plan, dataset, stopped) for arm in plan.shown_groups),
        primary_visit=plan.visit_title(plan.primary_day),
        start=plan.anchor.title,
    )


def _arm(people: pd.DataFrame, arm: str, plan: Plan, dataset: Dataset, stopped: frozenset[str] | None) -> ArmFlow:
    began = people["participant"].isin(dataset.people["participant"])
    withdrawn = people["withdrawn_on"].notna()
    rows = dataset.long[dataset.long["participant"].isin(people["participant"])]
    answered = dataset.answered()
    answered = answered[answered["participant"].isin(people["participant"])]
    return ArmFlow(
        arm=arm,
        allocated=len(people),
        began=int(began.sum()),
        not_begun=_reasons(people[~began]),
        stopped=None if stopped is None else int(people.loc[began, "participant"].isin(stopped).sum()),
        withdrawn=_reasons(people[began & withdrawn]),
        answered_primary=int((answered["day"] == plan.primary_day).sum()),
        analysed=rows["participant"].nunique(),
    )


def _reasons(people: pd.DataFrame) -> dict[str, int]:
    counts = people["withdrawal_reason"].fillna("reason not given").value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return {str(reason): int(count) for reason, count in ordered}
