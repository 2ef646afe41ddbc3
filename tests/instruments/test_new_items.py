"""Items of the clock, limits of lists, conditions that hold together, and rules with a sentence of their own."""

from typing import Any

import pytest

from app.instruments import Instrument, check_answers
from app.instruments.conditions import Condition, Several, leads_on
from app.instruments.definition import read_definition
from app.instruments.fhir import questionnaire
from app.instruments.folders import read_files
from app.instruments.numerals import hours_and_minutes, typed_minutes
from app.instruments.problems import BadDefinition
from app.instruments.proving import prove
from app.responses.fields import understood
from tests.instruments.test_definition_format import definition

DEFINITION = """
code: night
version: "1"
groups:
  - {code: why, layout: ticks, least: 1, most: 2}
items:
  - {code: slept, type: yesno}
  - {code: pain, type: nrs, minimum: 0, maximum: 10}
  - {code: bed, type: time, when: {item: slept, equals: 1}}
  - {code: asleep, type: duration, minimum: 0, maximum: 960,
     when: {all: [{item: slept, equals: 1}, {item: pain, below: 9}]}}
  - {code: awake, type: duration, minimum: 0, maximum: 600, required: false,
     when: {any: [{item: slept, equals: 0}, {item: pain, above: 6}]}}
  - {code: pain_why, type: ticks, group: why}
  - {code: noise, type: ticks, group: why}
  - {code: worry, type: ticks, group: why}
  - {code: nothing, type: ticks, group: why, exclusive: true}
rules:
  - {code: no_pain, item: pain_why, refuses: {all: [{item: pain, equals: 0}, {item: pain_why, equals: 1}]}}
scores:
  - {name: asleep, minimum: 0, maximum: 960, better: higher, unit: min, scoring: {answer: asleep}}
licence:
  holder: Us
  terms: Free.
  languages: {}
  other: {original_required: false, note: Ours.}
"""
WORDS = """
language: en
version: "1"
demonstration: false
source: Ours.
title: Your night
instruction: About last night.
groups: {why: What kept you awake?}
scales: {yesno: {"1": "Yes", "0": "No"}}
rules: {no_pain: "You had no pain, and pain kept you awake. Which is right?"}
items:
  slept: Did you sleep?
  pain: {text: How much pain?, low: None, high: Worst}
  bed: When did you go to bed?
  asleep: How long did you sleep?
  awake: How long were you awake?
  pain_why: Pain
  noise: Noise
  worry: Worry
  nothing: Nothing
"""
SLEPT = """
- answers: {slept: 1, pain: 3, asleep: 435}
  scores: {asleep: 435}
"""
AWAKE = """
- answers: {slept: 0, pain: 3, bed: "", awake: 90, noise: 1, worry: 1, nothing: 0}
  scores: {asleep: none}
"""
FILES = {"definition.yaml": DEFINITION, "wordings/en.yaml": WORDS}


def night() -> Instrument:
    return read_files("night", FILES).instrument


NIGHT = night()
WHOLE = {"slept": 1, "pain": 3, "bed": "22:30", "asleep": 420, "noise": 1}


def problems(**answers: object) -> list[str]:
    return [f"{problem.item}: {problem.fault}" for problem in check_answers(NIGHT, {**WHOLE, **answers}).problems]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("22:30", "22:30"), ("7:05", "07:05"), ("7.05", "07:05"), ("00:00", "00:00"), ("23:59", "23:59"),
        (" 22:30 ", "22:30"), ("٢٢:٣٠", "22:30"), ("", None),
        ("24:00", "not_a_time"), ("22:60", "not_a_time"), ("2230", "not_a_time"), ("half past ten", "not_a_time"),
        (2230, "not_a_time"), (True, "not_a_time"),
    ],
)  # fmt: skip
def test_a_time_of_day(typed: object, kept: str | None) -> None:
    checked = check_answers(NIGHT, {**WHOLE, "bed": typed})
    faults = [str(problem.fault) for problem in checked.problems]
    assert (faults[0] if faults else checked.answers["bed"]) == kept


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("1:30", 90), ("90", 90), ("0:05", 5), ("1.30", 90), (" 7:00 ", 420), ("16:00", 960), ("٧:٠٠", 420),
        ("1:60", None), ("1:5", None), ("-5", None), ("1,5", None), ("an hour", None),
    ],
)  # fmt: skip
def test_a_duration_is_typed_as_hours_and_minutes_or_as_minutes(typed: str, minutes: int | None) -> None:
    assert typed_minutes(typed) == minutes
    fields = {"night.asleep": typed}
    assert understood(fields, [NIGHT])["night"]["asleep"] == (typed.strip() if minutes is None else minutes)


@pytest.mark.parametrize(
    ("vectors", "sentence"),
    [
        ("[]", ["asleep: none of the answers tried gives it a value; write an example that does"]),
        (AWAKE, ["asleep: none of the answers tried gives it a value; write an example that does"]),
        (SLEPT, []),
        (AWAKE + SLEPT, []),
    ],
    ids=["no example", "led past it", "led to it", "both"],
)
def test_a_score_to_which_only_some_answers_lead_needs_an_example(vectors: str, sentence: list[str]) -> None:
    folder = read_files("night", {**FILES, "vectors.yaml": vectors})
    assert list(prove(folder.instrument, folder.vectors).failures) == sentence


@pytest.mark.parametrize("typed", ["1:30", "90"])
def test_a_duration_that_is_kept_as_text_is_told_to_be_minutes(typed: str) -> None:
    (problem,) = check_answers(NIGHT, {"asleep": typed, "slept": 1, "pain": 2}).problems
    assert str(problem) == f"asleep: give the minutes as a whole number, not '{typed}'"


@pytest.mark.parametrize(("minutes", "fault"), [(0, []), (960, []), (961, ["asleep: out_of_range"])])
def test_a_duration_keeps_to_its_bounds(minutes: int, fault: list[str]) -> None:
    assert problems(asleep=minutes) == fault


def test_a_duration_out_of_bounds_is_told_in_hours_and_minutes() -> None:
    (problem,) = check_answers(NIGHT, {**WHOLE, "asleep": 961}).problems
    assert problem.limits == {"minimum": "0:00", "maximum": "16:00"}
    assert hours_and_minutes(61) == "1:01"


@pytest.mark.parametrize(
    ("ticks", "fault"),
    [
        ({}, []),
        ({"noise": 1}, []),
        ({"noise": 1, "worry": 1}, []),
        ({"noise": 1, "worry": 1, "pain_why": 1}, ["worry: too_many"]),
        ({"noise": 0, "nothing": 1}, []),
    ],
)
def test_of_a_list_so_many_may_be_chosen(ticks: dict[str, int], fault: list[str]) -> None:
    assert problems(**{"noise": None, **ticks}) == fault


def test_fewer_than_are_needed_are_told() -> None:
    needing_two = read_files(
        "night", {**FILES, "definition.yaml": DEFINITION.replace("least: 1", "least: 2")}
    ).instrument
    faults = [problem.fault for problem in check_answers(needing_two, WHOLE).problems]
    assert faults == ["too_few"]
    assert check_answers(needing_two, {**WHOLE, "noise": None}).problems == ()


@pytest.mark.parametrize(
    ("slept", "pain", "items"),
    [
        (1, 3, {"bed", "asleep"}),
        (1, 8, {"bed", "asleep", "awake"}),
        (1, 9, {"bed", "awake"}),
        (0, 3, {"awake"}),
        (0, 9, {"awake"}),
        (None, 3, set()),
        (None, 7, {"awake"}),
        (1, None, {"bed"}),
    ],
)
def test_conditions_hold_together_by_and_or_by_or(slept: int | None, pain: int | None, items: set[str]) -> None:
    answers: dict[str, object] = {"slept": slept, "pain": pain, "bed": "22:00", "asleep": 1, "awake": 1}
    surplus = check_answers(NIGHT, answers).surplus
    assert {"bed", "asleep", "awake"} - set(surplus) == items


@pytest.mark.parametrize(("any_of", "first", "second", "holds"), [
    (False, True, True, True), (False, True, False, False), (True, False, True, True), (True, False, False, False),
])  # fmt: skip
def test_several_conditions(*, any_of: bool, first: bool, second: bool, holds: bool) -> None:
    parts = (Condition("a", equals=1), Condition("b", equals=1))
    assert leads_on(Several(parts, any_of), lambda part: first if part.item == "a" else second) is holds


def test_a_rule_tells_its_own_sentence() -> None:
    (problem,) = check_answers(NIGHT, {**WHOLE, "pain": 0, "pain_why": 1}).problems
    assert (problem.item, problem.fault) == ("pain_why", "rule")
    assert problem.limits == {"sentences": {"en": "You had no pain, and pain kept you awake. Which is right?"}}
    assert problems(pain=1, pain_why=1) == []


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"rules": [{"code": "r", "item": "x", "refuses": {"item": "mood", "equals": 1}}]},
         "rule r: there is no item x"),
        ({"rules": [{"code": "r", "item": "mood", "refuses": {"item": "x", "equals": 1}}]},
         "rule r: depends on x, which is not an item"),
        ({"rules": [{"code": "r", "item": "mood", "refuses": {"item": "mood"}}]},
         "rule r: say one of equals, above or below"),
        ({"groups": [{"code": "g", "most": 2}]}, "group g: least and most are for a list of ticks"),
        ({"groups": [{"code": "g", "layout": "ticks", "most": 2}]}, "group g: of 0 lines, from 1 to 2 cannot be"),
        ({"items": [{"code": "mood", "type": "duration"}]}, "mood: a duration needs a minimum and a maximum"),
        ({"items": [{"code": "mood", "type": "nrs", "minimum": 0, "maximum": 1, "when": {"all": []}}]},
         "items.0.when.all: Shorter than minimum length 2."),
        ({"items": [{"code": "mood", "type": "nrs", "minimum": 0, "maximum": 1, "when": {}}]},
         "items.0.when._schema: Write one condition (item, and equals, above or below), or several in all or any."),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(part: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadDefinition) as error:
        read_definition(definition(**part))
    assert problem in map(str, error.value.problems)


@pytest.mark.parametrize(
    ("item", "behaviour", "lines"),
    [("asleep", "all", 2), ("awake", "any", 2), ("bed", "any", 1)],
)
def test_fhir_joins_conditions_alike(item: str, behaviour: str, lines: int) -> None:
    (question,) = [each for each in questionnaire(NIGHT, "en")["item"] if each["linkId"] == item]
    assert (question["enableBehavior"], len(question["enableWhen"])) == (behaviour, lines)


def test_a_recall_period_may_be_said_although_the_definition_has_none() -> None:
    words = WORDS.replace("title: Your night", "title: Your night\nrecall: Last night")
    assert read_files("night", {**FILES, "wordings/en.yaml": words}).instrument.wording("en").recall == "Last night"
