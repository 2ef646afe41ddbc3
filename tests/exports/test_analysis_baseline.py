"""What each outcome is compared with: the protocol's baseline, the change from it, and why there is none."""

import json
from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy.orm import Session

from app.config import Settings
from app.exports.reasons import BaselineReason
from app.participants.models import EventState, Participant
from app.studies.models import Study
from tests.exports.analysed import BEFORE, HOUR, analysed
from tests.exports.analysed import person as person
from tests.exports.builders import INFUSED_AT, ODI, answered, plain_score, visit
from tests.exports.test_analysis import WEEK


def test_what_a_week_asks_is_compared_with_what_day_0_asked(
    study: Study, session: Session, person: Participant
) -> None:
    answered(visit(person, "d0"), BEFORE, {"now": 8, "worst": 9, "usual": 7}, "nrs_lbp")
    answered(visit(person, "d7"), visit(person, "d7").due_at, WEEK, "nrs_lbp_week")
    session.commit()
    rows = analysed(study)
    first, week = rows["d0", "nrs_lbp"], rows["d7", "nrs_lbp"]
    assert (first["score"], first["value"], first["base"], first["baseline"]) == ("nrs_lbp", 8, 8, True)
    assert (first["chg"], first["pchg"]) == (None, None)
    assert (week["score"], week["value"], week["base"], week["baseline"]) == ("nrs_lbp_week", 5, 8, False)
    assert (week["chg"], week["pchg"]) == (Decimal(-3), Decimal("-37.5"))
    assert (week["baseline_on"], week["base_why"]) == (BEFORE.date(), None)
    assert rows["d14", "nrs_lbp"]["base"] == 8  # also where there is nothing to compare with it


@pytest.mark.parametrize(
    ("base", "value", "chg", "pchg"),
    [
        ("40", "30", "-10", "-25"),
        ("30", "40", "10", "33.333333"),
        ("40", "40", "0", "0"),
        ("0", "12.5", "12.5", None),  # nothing is a percentage of nothing
        ("-0.2", "0.1", "0.3", "-150"),
        ("46.666667", "33.333333", "-13.333334", "-28.571430"),
    ],
)
def test_a_change_is_the_value_less_its_baseline(
    base: str, value: str, chg: str, pchg: str | None, study: Study, session: Session, person: Participant
) -> None:
    plain_score(answered(visit(person, "d0"), BEFORE, ODI), Decimal(base))
    plain_score(answered(visit(person, "d28"), visit(person, "d28").due_at, ODI), Decimal(value))
    session.commit()
    row = analysed(study)["d28", "odi"]
    assert (row["chg"], row["pchg"]) == (Decimal(chg), None if pchg is None else Decimal(pchg))


def late_day_0(person: Participant) -> None:
    answered(visit(person, "d0"), INFUSED_AT + HOUR, ODI)


def never_infused(person: Participant) -> None:
    answered(visit(person, "d0"), BEFORE, ODI)
    for event in person.events:
        event.state, event.at = EventState.PLANNED, None


BASE_WHY: list[tuple[Callable[[Participant], object], str, str | None]] = [
    (lambda person: answered(visit(person, "d0"), BEFORE, ODI), "odi", None),
    (lambda person: None, "odi", "not_answered"),
    (late_day_0, "odi", "after_anchor"),
    (lambda person: answered(visit(person, "d0"), BEFORE, dict.fromkeys(ODI)), "odi", "no_value"),
    (lambda person: answered(visit(person, "d0"), BEFORE, ODI), "nrs_lbp", "not_asked"),  # her day 0 had no such page
    (never_infused, "odi", "no_anchor"),
]


@pytest.mark.parametrize("number", range(len(BASE_WHY)))
def test_what_has_no_baseline_says_why(number: int, study: Study, session: Session, person: Participant) -> None:
    does, outcome, expected = BASE_WHY[number]
    does(person)
    session.commit()
    rows = [row for (_, name), row in analysed(study).items() if name == outcome]
    assert {row["base_why"] for row in rows} == {expected}
    assert {row["base"] is None for row in rows} == {expected is not None}


def test_every_reason_for_no_baseline_stands_in_the_tables() -> None:
    reasons = {why for _, _, why in BASE_WHY} | {why for _, _, why, _ in RULES}
    assert reasons - {None} == {member.value for member in BaselineReason}


RULES: list[tuple[object, str | None, str | None, str | None]] = [
    # what the protocol says, and of day 56: its base, why there is none, its change
    (None, "40", None, "20"),
    ("none", None, "not_planned", None),
    ({"visit": "d28"}, "50", None, "10"),
    ({"visit": "d91"}, None, "not_answered", None),
    ({"last_before": "spinal_surgery"}, None, "no_anchor", None),
    ({"periods": {"spinal_surgery": {"visit": "d28"}}}, None, "no_period", None),
]


@pytest.mark.parametrize(("rule", "base", "why", "change"), RULES)
def test_baseline_is_what_the_protocol_says(
    rule: object, base: str | None, why: str | None, change: str | None,
    study: Study, session: Session, person: Participant, settings: Settings,
) -> None:  # fmt: skip
    plain_score(answered(visit(person, "d0"), BEFORE, ODI), Decimal(40))
    for code, value in (("d28", 50), ("d56", 60)):
        plain_score(answered(visit(person, code), visit(person, code).due_at, ODI), Decimal(value))
    session.commit()
    if rule is not None:
        content = "UPDATE protocols SET content = content || jsonb_build_object('baseline', %s::jsonb)"
        with psycopg.connect(settings.owner_url.replace("+psycopg", "")) as connection:
            connection.execute("SELECT set_config('svar.actor', 'test', false), set_config('svar.sites', '*', false)")
            connection.execute(content, [json.dumps(rule)])
    row = analysed(study)["d56", "odi"]
    values = [None if row[name] is None else str(row[name]) for name in ("base", "chg")]
    assert (values, row["base_why"]) == ([base, change], why)
