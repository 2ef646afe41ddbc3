"""Who belongs to a population: each kind of condition at its edges, on two people."""

from typing import Any

import pytest

from app.analysis.trial.plan import DayZero, Membership, Population
from app.analysis.trial.populations import members
from tests.analysis.small import person, score, small_plan, small_snapshot

TWO = [person("01-001"), person("02-002"), person("03-003", infused=None)]
SCORES = [score("01-001", 0, 40), score("01-001", 28, 30), score("02-002", 0, 25), score("02-002", 154, None)]
EVENTS = [("01-001", "dose", "happened", 0), ("01-001", "dose", "happened", 14), ("01-001", "dose", "planned", 28)]
BOTH, FIRST, SECOND, NOBODY = {"01-001", "02-002"}, {"01-001"}, {"02-002"}, set[str]()
CONDITIONS = [
    ((), BOTH),
    ((Membership(("dose",)),), FIRST),
    ((Membership(("dose",), at_least=2),), FIRST),
    ((Membership(("dose",), at_least=3),), NOBODY),  # a planned event has not happened
    ((Membership(("dose", "first_infusion"), at_least=3),), FIRST),  # together
    ((Membership(("dose",), at_least=0, at_most=1),), SECOND),
    ((Membership(("dose",), at_least=0, at_most=0, since=15),), BOTH),
    ((Membership(("dose",), at_least=2, until=13),), NOBODY),
    ((Membership(("dose",), at_least=2, until=14),), FIRST),
    ((Membership(("dose",), since=14),), FIRST),
    ((Membership(("dose",), since=14, until=14, at_least=2),), NOBODY),
    ((Membership(score="odi", day=0),), BOTH),
    ((Membership(score="odi", day=28),), FIRST),
    ((Membership(score="odi", day=154),), NOBODY),  # too few items for a score
    ((Membership(score="odi", day=0, minimum=25),), BOTH),
    ((Membership(score="odi", day=0, minimum=25.1),), FIRST),
    ((Membership(score="odi", day=0, maximum=39.9),), SECOND),
    ((Membership(score="odi", maximum=30),), BOTH),  # on any day
    ((Membership(score="odi", day=0, values=(25.0,)),), SECOND),
    ((Membership(item="about.sex", values=(1.0,)),), SECOND),
    ((Membership(item="about.sex"),), BOTH),
    ((Membership(item="about.sex", day=28),), NOBODY),
    ((Membership(item="about.age"),), NOBODY),
    ((Membership(("dose",)), Membership(score="odi", day=28)), FIRST),
    ((Membership(("dose",)), Membership(item="about.sex", values=(1.0,))), NOBODY),
]


def with_answers() -> Any:
    from dataclasses import replace

    import pandas as pd

    given = [("01-001", "d0", 0, "about", "sex", "2"), ("02-002", "d0", 0, "about", "sex", "1")]
    answers = pd.DataFrame(given, columns=["participant", "visit", "day", "instrument", "item", "value"])
    return replace(small_snapshot(TWO, SCORES, EVENTS), answers=answers)


@pytest.mark.parametrize(("conditions", "kept"), CONDITIONS)
def test_who_meets_all_conditions(conditions: tuple[Membership, ...], kept: set[str]) -> None:
    assert members(with_answers(), small_plan(), Population("p", "P", conditions)) == kept


@pytest.mark.parametrize(("event", "there"), [("randomised", 3), ("enrolled", 3), ("first_infusion", 2), ("dose", 1)])
def test_everybody_has_a_day_0_by_the_anchor(event: str, there: int) -> None:
    plan = small_plan(anchor=DayZero(event, "it"))
    assert len(members(with_answers(), plan, Population("p", "P"))) == there
