"""How much must be answered for each score, at the minimum, below it and above: every count of every scale.

Where the paper that gives a questionnaire gives no rule for missing items, the rule is ours and is marked so.
"""

from dataclasses import dataclass

import pytest

from app.instruments import ComputedScore, instrument, instruments, score


@dataclass(frozen=True)
class Scale:
    """A score, what it rests on, and how many of these must be answered; `fixed` is answered whatever is left out."""

    instrument: str
    name: str
    items: tuple[str, ...]
    least: int
    source: str
    fixed: tuple[tuple[str, int], ...] = ()


def items(code: str, *numbers: int) -> tuple[str, ...]:
    """The items of an instrument, or those with these numbers on its form."""
    every = tuple(item.code for item in instrument(code).items)
    return tuple(every[number - 1] for number in numbers) if numbers else every


def rand(*numbers: int) -> tuple[str, ...]:
    return tuple(f"rand{number:02d}" for number in numbers)


OSWESTRY = "Fairbank and Pynsent 2000 give none; 8 of 10 sections is common practice"
HOPKINS = "none published; ours, four fifths of a scale"
RAND = "RAND, scoring instructions for RAND-36 1.0, step 2: the items that were answered are averaged"
ERIKSEN = "none published (Eriksen, Ihlebæk and Ursin 1999); ours, all"
PAIN = "none published (Gjefsen 2020); ours, all three"
KEELE = "Hill 2008: a total of all nine, a subscore of the last five"
WADDELL = "none published (Waddell 1993); ours, all"
EUROQOL = "a profile has all five dimensions"
ITSELF = "the answer itself"

SCALES = [
    Scale("odi", "odi", items("odi"), 8, OSWESTRY),
    Scale("odi", "odi_sum", items("odi"), 8, OSWESTRY),
    Scale("hscl25", "hscl25", items("hscl25"), 20, HOPKINS),
    Scale("hscl25", "hscl25_anxiety", items("hscl25", *range(1, 11)), 8, HOPKINS),
    Scale("hscl25", "hscl25_depression", items("hscl25", *range(11, 26)), 12, HOPKINS),
    Scale("hscl10", "hscl10", items("hscl10"), 8, HOPKINS),
    Scale("nrs_lbp", "nrs_lbp", ("now", "worst", "usual"), 3, PAIN),
    Scale("nrs_lbp_week", "nrs_lbp_week", ("now", "worst", "usual"), 3, PAIN),
    Scale("fabq", "fabq_pa", items("fabq", 2, 3, 4, 5), 4, WADDELL),
    Scale("fabq", "fabq_work", items("fabq", 6, 7, 9, 10, 11, 12, 15), 7, WADDELL),
    Scale("startback", "startback", items("startback"), 9, KEELE),
    Scale("startback", "startback_psych", items("startback", 5, 6, 7, 8, 9), 5, KEELE),
    Scale("shc", "shc", items("shc"), 29, ERIKSEN),
    Scale("shc", "shc_musculoskeletal", items("shc", 4, 5, 6, 7, 8, 9, 10, 14), 8, ERIKSEN),
    Scale("shc", "shc_pseudoneurology", items("shc", 11, 24, 25, 26, 27, 28, 29), 7, ERIKSEN),
    Scale("shc", "shc_gastrointestinal", items("shc", 15, 16, 17, 18, 19, 20, 21), 7, ERIKSEN),
    Scale("shc", "shc_allergy", items("shc", 3, 12, 13, 22, 23), 5, ERIKSEN),
    Scale("shc", "shc_flu", items("shc", 1, 2), 2, ERIKSEN),
    Scale("rand36", "physical_functioning", rand(3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 1, RAND),
    Scale("rand36", "role_physical", rand(13, 14, 15, 16), 1, RAND),
    Scale("rand36", "role_emotional", rand(17, 18, 19), 1, RAND),
    Scale("rand36", "energy_fatigue", rand(23, 27, 29, 31), 1, RAND),
    Scale("rand36", "emotional_wellbeing", rand(24, 25, 26, 28, 30), 1, RAND),
    Scale("rand36", "social_functioning", rand(20, 32), 1, RAND),
    Scale("rand36", "pain", rand(21, 22), 1, RAND),
    Scale("rand36", "general_health", rand(1, 33, 34, 35, 36), 1, RAND),
    Scale("eq5d5l", "index", items("eq5d5l", 1, 2, 3, 4, 5), 5, EUROQOL),
    Scale("eq5d5l", "vas", ("vas",), 1, ITSELF),
    Scale("gpe", "gpe", ("gpe",), 1, ITSELF),
    Scale("hours_lbp", "hours_lbp", ("hours",), 1, ITSELF),
    Scale("nrs_leg", "nrs_leg", ("leg",), 1, ITSELF),
    Scale("satisfaction", "satisfaction", ("satisfaction",), 1, ITSELF),
    Scale("wellbeing", "wellbeing", ("wellbeing",), 1, ITSELF),
    Scale("sick_leave", "sick_leave", ("days",), 1, ITSELF, (("employed", 1),)),
]
OTHERWISE = {"rmdq", "wpai_absenteeism", "wpai_presenteeism", "wpai_overall", "wpai_activity"}
"""Their rules are not a count of items; tests of their own hold them."""
COUNTS = [(scale, count) for scale in SCALES for count in range(len(scale.items) + 1)]


def named(scale: Scale, answered: tuple[str, ...], minimum_answered: int | None = None) -> ComputedScore:
    answers: dict[str, object] = {**dict.fromkeys(answered, 1), **dict(scale.fixed)}
    scores = score(scale.instrument, answers, minimum_answered=minimum_answered)
    return next(each for each in scores if each.name == scale.name)


def test_every_score_has_its_rule_here() -> None:
    listed = {scale.name for scale in SCALES} | OTHERWISE
    assert listed == {each.name for questionnaire in instruments() for each in questionnaire.scores}


@pytest.mark.parametrize(("scale", "count"), COUNTS, ids=lambda value: getattr(value, "name", value))
def test_a_score_is_given_from_its_minimum_on_whichever_items_are_answered(scale: Scale, count: int) -> None:
    for answered in (scale.items[:count], scale.items[len(scale.items) - count :]):
        got = named(scale, answered)
        reason = None if count >= scale.least else "incomplete" if count else "not_answered"
        assert (got.value is not None, got.reason, got.n_answered) == (count >= scale.least, reason, count)


CHOSEN = [
    (scale, minimum, count)
    for scale in SCALES
    if scale.name in ("odi", "odi_sum", "hscl10", "hscl25")
    for minimum in range(1, len(scale.items) + 1)
    for count in (minimum - 1, minimum)
]


@pytest.mark.parametrize(("scale", "minimum", "count"), CHOSEN, ids=lambda value: getattr(value, "name", value))
def test_a_chosen_minimum_takes_the_place_of_the_rule(scale: Scale, minimum: int, count: int) -> None:
    got = named(scale, scale.items[:count], minimum)
    assert (got.value is not None, got.n_answered) == (count >= minimum, count)
    all_of_them = minimum == len(scale.items)
    assert (f"all {minimum} items" if all_of_them else f"at least {minimum} of {len(scale.items)} items") in got.rule


SUBSCALES = [scale for scale in SCALES if scale.name in ("hscl25_anxiety", "hscl25_depression")]


@pytest.mark.parametrize("scale", SUBSCALES, ids=lambda scale: scale.name)
def test_a_chosen_minimum_of_hscl25_leaves_anxiety_and_depression_alone(scale: Scale) -> None:
    assert named(scale, scale.items[: scale.least], 25).value == 1
    assert named(scale, scale.items[: scale.least - 1], 1).value is None


@pytest.mark.parametrize(("code", "items_in_all"), [("odi", 10), ("hscl10", 10), ("hscl25", 25)])
def test_a_minimum_lies_between_one_and_all(code: str, items_in_all: int) -> None:
    for minimum in (-1, 0, items_in_all + 1):
        with pytest.raises(ValueError, match=f"minimum_answered of {code} lies between 1 and {items_in_all}"):
            score(code, {}, minimum_answered=minimum)
    for minimum in (1, items_in_all):
        assert score(code, {}, minimum_answered=minimum)[0].reason == "not_answered"


RULES = [
    # the instrument, the name of the score, how it is told
    ("odi", "odi", "mean of the answered, times 20; at least 8 of 10 items needed"),
    ("odi", "odi_sum", "sum; at least 8 of 10 items needed; the others count as 0"),
    ("hscl25", "hscl25", "mean of the answered; at least 20 of 25 items needed"),
    ("hscl25", "hscl25_anxiety", "mean of the answered; at least 8 of 10 items needed"),
    ("hscl25", "hscl25_depression", "mean of the answered; at least 12 of 15 items needed"),
    ("hscl10", "hscl10", "mean of the answered; at least 8 of 10 items needed"),
    ("nrs_lbp", "nrs_lbp", "mean of the answered; all 3 items needed"),
    ("nrs_lbp_week", "nrs_lbp_week", "mean of the answered; all 3 items needed"),
    ("fabq", "fabq_pa", "sum; all 4 items needed"),
    ("fabq", "fabq_work", "sum; all 7 items needed"),
    ("startback", "startback", "sum (recoded: bothersome); all 9 items needed"),
    ("startback", "startback_psych", "sum (recoded: bothersome); all 5 items needed"),
    ("shc", "shc", "sum; all 29 items needed"),
    ("shc", "shc_flu", "sum; all 2 items needed"),
    (
        "rand36",
        "pain",
        "mean of the answered (reversed: rand21, rand22; each laid onto 0 to 100); at least 1 of 2 items needed",
    ),
    ("rand36", "role_physical", "mean of the answered (each laid onto 0 to 100); at least 1 of 4 items needed"),
    ("eq5d5l", "index", "value set's index of the profile, half up to 3 decimals; all 5 dimensions needed"),
    ("eq5d5l", "vas", "the answer itself"),
    ("gpe", "gpe", "the answer itself"),
    ("hours_lbp", "hours_lbp", "the answer itself"),
    ("nrs_leg", "nrs_leg", "the answer itself"),
    ("satisfaction", "satisfaction", "the answer itself"),
    ("wellbeing", "wellbeing", "the answer itself"),
    ("sick_leave", "sick_leave", "the answer itself; only where employed = 1"),
    ("rmdq", "rmdq", "number of statements ticked; a tick, 'none of these apply' or all 24 answered needed"),
    ("wpai_shp", "wpai_absenteeism", "100 x Q2 / (Q2 + Q4)"),
    ("wpai_shp", "wpai_presenteeism", "100 x Q5 / 10"),
    ("wpai_shp", "wpai_overall", "100 x (Q2 / (Q2 + Q4) + (1 - Q2 / (Q2 + Q4)) x Q5 / 10)"),
    ("wpai_shp", "wpai_activity", "100 x Q6 / 10"),
]


@pytest.mark.parametrize(("code", "name", "rule"), RULES)
def test_a_score_tells_its_rule_with_and_without_a_value(code: str, name: str, rule: str) -> None:
    whole = {
        item.code: 1 for item in instrument(code).items if item.type not in ("text", "date") and item.code != "none"
    }
    for answers in ({}, whole):
        (got,) = [each for each in score(code, answers) if each.name == name]
        assert got.rule == rule
