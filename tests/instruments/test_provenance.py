"""What stands beside a score in every export: the scorer's version, the rule in words, a digest of what was scored.

A change here is a change of what was archived: it needs a new version of the scorer, and then a new line in the table.
"""

import hashlib
from decimal import Decimal
from fractions import Fraction

import pytest

from app.instruments import instrument, instruments, score
from app.instruments.results import rounded, total
from app.instruments.scores import input_hash

ITSELF = "the answer itself"
PAID = "the answer itself; only where employed = 1"
MEAN = "mean of the answered; at least {} of {} items needed"
SUM = "sum; all {} items needed"
COUNT = "sum (recoded: bothersome); all {} items needed"


def laid(of: int, *falling: int) -> str:
    reversed_items = f"reversed: {', '.join(f'rand{number:02d}' for number in falling)}; " if falling else ""
    return f"mean of the answered ({reversed_items}each laid onto 0 to 100); at least 1 of {of} items needed"


RULES = {
    "eq5d5l": {
        "index": "value set's index of the profile, half up to 3 decimals; all 5 dimensions needed", "vas": ITSELF,
    },
    "fabq": {"fabq_pa": SUM.format(4), "fabq_work": SUM.format(7)},
    "gpe": {"gpe": ITSELF},
    "hours_lbp": {"hours_lbp": ITSELF},
    "hscl10": {"hscl10": MEAN.format(8, 10)},
    "hscl25": {
        "hscl25": MEAN.format(20, 25), "hscl25_anxiety": MEAN.format(8, 10), "hscl25_depression": MEAN.format(12, 15),
    },
    "nrs_lbp": {"nrs_lbp": "mean of the answered; all 3 items needed"},
    "nrs_lbp_week": {"nrs_lbp_week": "mean of the answered; all 3 items needed"},
    "nrs_leg": {"nrs_leg": ITSELF},
    "odi": {
        "odi": "mean of the answered, times 20; at least 8 of 10 items needed",
        "odi_sum": "sum; at least 8 of 10 items needed; the others count as 0",
    },
    "rand36": {
        "physical_functioning": laid(10), "role_physical": laid(4),
        "role_emotional": laid(3), "energy_fatigue": laid(4, 23, 27),
        "emotional_wellbeing": laid(5, 26, 30), "social_functioning": laid(2, 20),
        "pain": laid(2, 21, 22), "general_health": laid(5, 1, 34, 36),
    },
    "rmdq": {"rmdq": "number of statements ticked; a tick, 'none of these apply' or all 24 answered needed"},
    "satisfaction": {"satisfaction": ITSELF},
    "shc": {
        "shc": SUM.format(29), "shc_musculoskeletal": SUM.format(8), "shc_pseudoneurology": SUM.format(7),
        "shc_gastrointestinal": SUM.format(7), "shc_allergy": SUM.format(5), "shc_flu": SUM.format(2),
    },
    "sick_leave": {"sick_leave": PAID},
    "startback": {"startback": COUNT.format(9), "startback_psych": COUNT.format(5)},
    "wellbeing": {"wellbeing": ITSELF},
    "wpai_shp": {
        "wpai_absenteeism": "100 x Q2 / (Q2 + Q4)", "wpai_presenteeism": "100 x Q5 / 10",
        "wpai_overall": "100 x (Q2 / (Q2 + Q4) + (1 - Q2 / (Q2 + Q4)) x Q5 / 10)", "wpai_activity": "100 x Q6 / 10",
    },
}  # fmt: skip


def test_every_instrument_with_scores_stands_in_the_table() -> None:
    assert set(RULES) == {each.code for each in instruments() if each.scores}


SECOND = {"odi", "nrs_lbp", "nrs_lbp_week", "rand36", "sick_leave", "startback", "wpai_shp"}
"""Scored for the second time: other words of the rule, and of WPAI another rule."""


@pytest.mark.parametrize("code", RULES)
def test_a_score_says_by_which_rule_and_version_it_was_made(code: str) -> None:
    scores = score(code, {})
    assert {each.name: each.rule for each in scores} == RULES[code]
    assert {each.scorer_version for each in scores} == {"2" if code in SECOND else "1"}
    assert {each.instrument_version for each in scores} == {instrument(code).version}


def test_the_rule_says_the_minimum_that_was_chosen() -> None:
    rules = [each.rule for code in ("odi", "hscl10", "hscl25") for each in score(code, {}, minimum_answered=9)]
    assert rules == [
        "mean of the answered, times 20; at least 9 of 10 items needed",
        "sum; at least 9 of 10 items needed; the others count as 0",
        MEAN.format(9, 10), MEAN.format(9, 25), MEAN.format(8, 10), MEAN.format(12, 15),
    ]  # fmt: skip


ITEMS = {
    "rand36": (36, {  # Hays 1993, table of the scales
        "physical_functioning": range(3, 13), "role_physical": range(13, 17), "role_emotional": range(17, 20),
        "energy_fatigue": (23, 27, 29, 31), "emotional_wellbeing": (24, 25, 26, 28, 30), "social_functioning": (20, 32),
        "pain": (21, 22), "general_health": (1, 33, 34, 35, 36),
    }),
    "fabq": (16, {"fabq_pa": range(2, 6), "fabq_work": (6, 7, 9, 10, 11, 12, 15)}),  # Waddell 1993
}  # fmt: skip
PREFIX = {"rand36": "rand", "fabq": "fabq"}


@pytest.mark.parametrize(("code", "number"), [(code, item + 1) for code in ITEMS for item in range(ITEMS[code][0])])
def test_an_item_counts_once_in_its_scale_and_in_no_other(code: str, number: int) -> None:
    counted = {each.name: each.n_answered for each in score(code, {f"{PREFIX[code]}{number:02d}": 2})}
    assert counted == {name: int(number in items) for name, items in ITEMS[code][1].items()}


@pytest.mark.parametrize(
    ("answers", "canonical"),
    [
        ({"lifting": 2, "walking": 0}, '{"answers":{"lifting":2,"walking":0},"instrument":"odi"}'),
        ({"walking": 0, "lifting": 2}, '{"answers":{"lifting":2,"walking":0},"instrument":"odi"}'),
        ({"lifting": Decimal("2.50")}, '{"answers":{"lifting":"2.5"},"instrument":"odi"}'),
        ({"lifting": Decimal("20.0")}, '{"answers":{"lifting":20},"instrument":"odi"}'),
        ({"lifting": "none"}, '{"answers":{"lifting":"none"},"instrument":"odi"}'),
        ({}, '{"answers":{},"instrument":"odi"}'),
    ],
)
def test_the_digest_is_of_canonical_json(answers: dict[str, int | Decimal | str], canonical: str) -> None:
    assert input_hash("odi", answers) == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), Fraction(0)),
        ((1, 2, 3), Fraction(6)),
        ((Fraction(1, 2), 1), Fraction(3, 2)),
        ((Fraction(1, 2), Fraction(1, 2)), Fraction(1)),
        ((Fraction(1, 3), Fraction(1, 6), 2), Fraction(5, 2)),
    ],
)
def test_a_total_of_whole_and_broken_numbers_is_exact(numbers: tuple[Fraction | int, ...], expected: Fraction) -> None:
    assert total(Fraction(number) for number in numbers) == expected


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (Fraction(0), "0"),
        (Fraction(7), "7"),
        (Fraction(1, 2), "0.5"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(1, 8), "0.125"),
        (Fraction(11, 100), "0.11"),
        (Fraction(1999999, 2000000), "1"),  # half up, and then whole
        (Fraction(1, 2000000), "0.000001"),
        (Fraction(1, 2000001), "0"),
    ],
)
def test_a_quotient_is_written_half_up_to_six_places(number: Fraction, written: str) -> None:
    assert str(rounded(number)) == written


@pytest.mark.parametrize(
    ("answers", "value", "n_answered", "reason"),
    [
        ({"employed": 1, "days": 3}, Decimal(3), 1, None),
        ({"employed": 1, "days": 0}, Decimal(0), 1, None),
        ({"employed": 1}, None, 0, "not_answered"),
        ({"employed": 0}, None, 1, "not_employed"),
        ({}, None, 0, "not_answered"),
    ],
)
def test_sick_leave_is_counted_for_those_in_paid_work(
    answers: dict[str, object], value: Decimal | None, n_answered: int, reason: str | None
) -> None:
    (leave,) = score("sick_leave", answers)
    assert (leave.name, leave.value, leave.n_answered, leave.reason) == ("sick_leave", value, n_answered, reason)
    assert leave.rule == PAID


HOURS = {"employed": 1, "productivity": 4, "activity": 5}


@pytest.mark.parametrize(
    ("missed", "worked", "absent", "overall", "reason"),
    [
        (10, 10, "50", "70", None),  # as many hours missed as worked
        (0, 40, "0", "40", None),
        (40, 0, "100", "100", None),
        (0, 0, None, None, "no_hours"),
        (None, 0, None, None, "incomplete"),
        (5, None, None, None, "incomplete"),
        (None, None, None, None, "not_answered"),
    ],
)
def test_absence_is_a_share_of_the_hours_missed_and_worked(
    missed: int | None, worked: int | None, absent: str | None, overall: str | None, reason: str | None
) -> None:
    hours = {"hours_missed_problem": missed, "hours_worked": worked}
    given = HOURS | {item: value for item, value in hours.items() if value is not None}
    scores = {each.name: each for each in score("wpai_shp", given)}
    absence = scores["wpai_absenteeism"]
    assert (absence.value, absence.reason) == (None if absent is None else Decimal(absent), reason)
    if overall is not None:
        assert scores["wpai_overall"].value == Decimal(overall)
