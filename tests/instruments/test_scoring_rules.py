"""What is demanded of missing items, and the provenance of every score."""

from decimal import Decimal
from fractions import Fraction

import pytest

from app.instruments import ComputedScore, instrument, score
from app.instruments.results import rounded
from tests.some import some

SECTIONS = tuple(item.code for item in instrument("odi").items)


def principal(code: str, answers: dict[str, int | Decimal], minimum_answered: int | None = None) -> ComputedScore:
    return score(code, answers, minimum_answered=minimum_answered)[0]


def test_a_minimum_is_refused_where_the_rule_is_fixed() -> None:
    with pytest.raises(ValueError, match="The scoring of rmdq is fixed"):
        principal("rmdq", {}, minimum_answered=5)


def test_all_statements_ticked_is_twenty_four() -> None:
    assert principal("rmdq", {f"rmdq{number:02d}": 1 for number in range(1, 25)}).value == 24


def test_the_hopkins_checklist_gives_anxiety_and_depression() -> None:
    items = [item.code for item in instrument("hscl25").items]
    scores = score("hscl25", {item: 3 if place < 10 else 1 for place, item in enumerate(items)})
    assert [each.value for each in scores] == [Decimal("1.8"), Decimal(3), Decimal(1)]
    assert scores[0].category == "case"


def test_complaints_are_summed_by_group() -> None:
    items = [item.code for item in instrument("shc").items]
    scores = score("shc", dict.fromkeys(items, 3))
    assert [each.value for each in scores] == [87, 24, 21, 21, 15, 6]
    one_left_out = score("shc", dict.fromkeys(items[1:], 1))
    assert [each.value for each in one_left_out] == [None, 8, 7, 7, 5, None]


COMPLAINTS = {  # the groups of the 29 complaints in the order of the questionnaire (Eriksen 1999)
    "shc_flu": (1, 2),
    "shc_allergy": (3, 12, 13, 22, 23),
    "shc_musculoskeletal": (4, 5, 6, 7, 8, 9, 10, 14),
    "shc_gastrointestinal": (15, 16, 17, 18, 19, 20, 21),
    "shc_pseudoneurology": (11, 24, 25, 26, 27, 28, 29),
}
RAND36_SCALES = {  # RAND's scoring instructions, step 2
    "physical_functioning": (3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "role_physical": (13, 14, 15, 16),
    "role_emotional": (17, 18, 19),
    "energy_fatigue": (23, 27, 29, 31),
    "emotional_wellbeing": (24, 25, 26, 28, 30),
    "social_functioning": (20, 32),
    "pain": (21, 22),
    "general_health": (1, 33, 34, 35, 36),
}
DEPRESSION = {"hscl25_anxiety": tuple(range(1, 11)), "hscl25_depression": tuple(range(11, 26))}


@pytest.mark.parametrize(
    ("code", "name", "numbers"),
    [
        *(("shc", name, numbers) for name, numbers in COMPLAINTS.items()),
        *(("rand36", name, numbers) for name, numbers in RAND36_SCALES.items()),
        *(("hscl25", name, numbers) for name, numbers in DEPRESSION.items()),
    ],
)
def test_a_scale_rests_on_its_own_items_and_no_others(code: str, name: str, numbers: tuple[int, ...]) -> None:
    items = instrument(code).items
    scores = score(code, {items[number - 1].code: 1 for number in numbers})
    assert [each.name for each in scores if each.value is not None] == [name]
    (own,) = [each for each in scores if each.name == name]
    assert own.n_answered == len(numbers)


def test_fear_avoidance_needs_only_the_items_that_count() -> None:
    counting = [f"fabq{number:02d}" for number in (2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15)]
    assert [each.value for each in score("fabq", dict.fromkeys(counting, 6))] == [24, 42]
    assert [each.value for each in score("fabq", dict.fromkeys(counting[1:], 6))] == [None, 42]


RAND36_KEY = [  # RAND's scoring instructions, step 1: items and the values of their answers, first to last
    ((1, 20, 22, 34, 36), (100, 75, 50, 25, 0)),  # and item 2, which no scale counts
    ((3, 4, 5, 6, 7, 8, 9, 10, 11, 12), (0, 50, 100)),
    ((13, 14, 15, 16, 17, 18, 19), (0, 100)),
    ((21, 23, 26, 27, 30), (100, 80, 60, 40, 20, 0)),
    ((24, 25, 28, 29, 31), (0, 20, 40, 60, 80, 100)),
    ((32, 33, 35), (0, 25, 50, 75, 100)),
]
WORK = [  # employed, missed, worked, productivity, activity; absenteeism, presenteeism, overall, activity and reasons
    ((0, None, None, None, 4), (None, None, None, 40), ("not_employed",) * 3 + (None,)),
    ((1, 0, 0, None, 4), (None, None, None, 40), ("no_hours",) * 3 + (None,)),
    ((1, 8, 0, None, 4), (100, None, 100, 40), (None, "no_hours", None, None)),
    ((1, 1, 0, None, 4), (100, None, 100, 40), (None, "no_hours", None, None)),
    ((1, None, 0, None, 4), (None, None, None, 40), ("incomplete", "no_hours", "no_hours", None)),
    ((0, 8, 0, None, 4), (None, None, None, 40), ("not_employed",) * 3 + (None,)),
    ((1, 8, 1, None, 4), ("88.888889", None, None, 40), (None, "not_answered", "incomplete", None)),
    ((1, None, 30, 5, None), (None, 50, None, None), ("incomplete", None, "incomplete", "not_answered")),
    ((None, None, None, None, 4), (None, None, None, 40), ("not_answered",) * 3 + (None,)),
    ((1, 10, 30, 5, 5), (25, 50, "62.5", 50), (None,) * 4),
]


@pytest.mark.parametrize(("given", "values", "reasons"), WORK)
def test_work_productivity(
    given: tuple[int | None, ...], values: tuple[int | str | None, ...], reasons: tuple[str | None, ...]
) -> None:
    items = ("employed", "hours_missed_problem", "hours_worked", "productivity", "activity")
    answers = {item: value for item, value in zip(items, given, strict=True) if value is not None}
    scores = score("wpai_shp", answers)
    assert [each.value for each in scores] == [None if value is None else Decimal(value) for value in values]
    assert tuple(each.reason for each in scores) == reasons


@pytest.mark.parametrize(("items", "values"), RAND36_KEY)
def test_rand36_recodes_as_published(items: tuple[int, ...], values: tuple[int, ...]) -> None:
    for item in some(items):
        alone = [score("rand36", {f"rand{item:02d}": answer}) for answer in range(1, len(values) + 1)]
        scored = [next(each.value for each in scores if each.value is not None) for scores in alone]
        assert tuple(scored) == values


def test_productivity_without_hours_worked_is_not_asked_and_not_scored() -> None:
    scores = {each.name: each for each in score("wpai_shp", {"employed": 1, "hours_worked": 0, "productivity": 7})}
    assert (scores["wpai_presenteeism"].value, scores["wpai_presenteeism"].reason) == (None, "no_hours")


def test_rand36_scales_take_any_answered_item() -> None:
    scores = {each.name: each for each in score("rand36", {"rand21": 1})}
    assert (scores["pain"].value, scores["pain"].n_answered) == (Decimal(100), 1)
    assert scores["general_health"].reason == "not_answered"


@pytest.mark.parametrize(
    ("code", "item", "value"),
    [
        ("nrs_leg", "leg", 7),
        ("hours_lbp", "hours", 224),
        ("wellbeing", "wellbeing", 5),
        ("satisfaction", "satisfaction", 1),
        ("gpe", "gpe", 7),
    ],
)
def test_single_items_are_their_own_score(code: str, item: str, value: int) -> None:
    got = principal(code, {item: value})
    assert (got.name, got.value, got.reason) == (code, Decimal(value), None)
    assert principal(code, {}).reason == "not_answered"


@pytest.mark.parametrize("code", ["background", "cointerventions", "medication", "perceived_treatment"])
def test_instruments_without_scores_give_none(code: str) -> None:
    assert score(code, {}) == ()


def test_every_score_says_how_it_was_reached() -> None:
    got = principal("odi", dict.fromkeys(SECTIONS, 1))
    assert (got.instrument, got.instrument_version, got.scorer_version, got.unit) == ("odi", "2.0", "2", "%")
    assert len(got.input_sha256) == 64


def test_the_input_hash_depends_on_what_is_scored_and_on_nothing_else() -> None:
    answers = dict.fromkeys(SECTIONS, 1)
    shuffled = dict(reversed(answers.items()))
    unanswered = {**answers, "sex_life": None}
    assert principal("odi", dict(shuffled)).input_sha256 == principal("odi", dict(answers)).input_sha256
    assert score("odi", unanswered)[0].input_sha256 != principal("odi", dict(answers)).input_sha256
    hours = [score("wpai_shp", {"hours_worked": value})[0].input_sha256 for value in (37, Decimal(37), Decimal("37.0"))]
    assert len(set(hours)) == 1


@pytest.mark.parametrize(("sixths", "shown"), [(0, "0"), (1, "0.166667"), (3, "0.5"), (4, "0.666667"), (600, "100")])
def test_quotients_are_rounded_half_up_without_trailing_zeros(sixths: int, shown: str) -> None:
    assert str(rounded(Fraction(sixths, 6))) == shown
    assert str(rounded(Fraction(1, 2), places=0)) == "1"
