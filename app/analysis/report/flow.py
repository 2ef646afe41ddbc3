"""Counts the participants on their way through the trial: what a CONSORT flow diagram shows."""

from collections import Counter
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
    """Whose values the primary model used."""
    not_analysed: dict[str, int]


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
            yield from ((f"not analysed: {reason}", arm.arm, count) for reason, count in arm.not_analysed.items())

    def table(self) -> pd.DataFrame:
        """The rows as a data frame."""
        return pd.DataFrame(list(self.rows()), columns=["stage", "arm", "participants"])


def count_flow(
    snapshot: Snapshot, plan: Plan, arms: pd.Series, dataset: Dataset, analysed: frozenset[str] = frozenset()
) -> Flow:
    """The counts; withdrawal counts those with a day 0, up to the end of follow-up.

    `analysed` are those whose values the primary model used; nobody, where it could not be fitted.
    """
    people = snapshot.participants.assign(arm=snapshot.participants["participant"].map(arms))
    randomised = people["randomised_on"].notna() if plan.arms.reference else pd.Series(True, people.index)
    began = day_zero(snapshot, plan.anchor)
    stopped = frozenset(event_days(snapshot, began, plan.stopping_events).index) if plan.stopping_events else None
    return Flow(
        enrolled=len(people),
        not_randomised=int((~randomised).sum()),
        randomised=int(randomised.sum()),
        arms=tuple(
            _arm(people[people["arm"] == arm], arm, plan, dataset, stopped, analysed) for arm in plan.shown_groups
        ),
        primary_visit=plan.visit_title(plan.primary_day),
        start=plan.anchor.title,
    )


def _arm(
    people: pd.DataFrame,
    arm: str,
    plan: Plan,
    dataset: Dataset,
    stopped: frozenset[str] | None,
    analysed: frozenset[str],
) -> ArmFlow:
    began = people["participant"].isin(dataset.people["participant"])
    withdrawn = people["withdrawn_on"].notna()
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
        analysed=int(people["participant"].isin(analysed).sum()),
        not_analysed=_not_analysed(set(people.loc[began, "participant"]) - analysed, plan, answered),
    )


def _not_analysed(left_out: set[str], plan: Plan, answered: pd.DataFrame) -> dict[str, int]:
    """Why those who began are not in the primary model: what they have not answered, or a rule of the analysis."""
    days = answered[answered["participant"].isin(left_out)].groupby("participant")["day"].agg(set)
    reasons: Counter[str] = Counter()
    for who in sorted(left_out):
        own: set[int] = days.get(who, set())
        if not own - {0}:
            reasons["no answer after baseline" if plan.has_baseline else "no answer"] += 1
        elif plan.has_baseline and 0 not in own:
            reasons["no baseline"] += 1
        else:
            reasons["not in the model's population, or a covariate is missing"] += 1
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


def _reasons(people: pd.DataFrame) -> dict[str, int]:
    counts = people["withdrawal_reason"].fillna("reason not given").value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return {str(reason): int(count) for reason, count in ordered}
