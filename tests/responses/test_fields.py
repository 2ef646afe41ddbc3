"""From the fields of a form to answers as the items type them."""

from decimal import Decimal

import pytest

from app.instruments import Instrument, instrument, instruments
from app.responses.fields import asked_here, named, not_asked_here, of_field, understood
from tests.some import some


@pytest.mark.parametrize(
    ("field", "text", "answer"),
    [
        ("odi.lifting", "3", 3),
        ("odi.lifting", "0", 0),
        ("odi.lifting", "", None),
        ("odi.lifting", " ", None),
        ("odi.lifting", "03", "03"),  # nobody types a code: as it is not one, it stays text and is named
        ("odi.lifting", " 3", "3"),
        ("odi.lifting", "3.0", "3.0"),
        ("odi.lifting", "٣", "٣"),
        ("nrs_leg.leg", "10", 10),
        ("nrs_leg.leg", "1" * 11, "1" * 11),
        ("sick_leave.days", "7", 7),
        ("sick_leave.days", " 7 ", 7),
        ("sick_leave.days", "07", 7),
        ("sick_leave.days", "+7", 7),
        ("sick_leave.days", "-7", -7),
        ("sick_leave.days", "7,5", Decimal("7.5")),
        ("sick_leave.days", "7.5", Decimal("7.5")),
        ("sick_leave.days", "7,", "7,"),
        ("sick_leave.days", "1e3", "1e3"),
        ("sick_leave.days", "NaN", "NaN"),
        ("sick_leave.days", "mange", "mange"),
        ("sick_leave.since", " 2026-03-02 ", "2026-03-02"),
        ("sick_leave.since", "", None),
        ("medication.other_text", " Ibux\nog te ", "Ibux\nog te"),
        ("medication.other_text", "7", "7"),
        ("medication.other_text", "\r\n", None),
        ("background.pain_years", "2,5", Decimal("2.5")),
    ],
)
def test_a_field_is_typed_by_its_item(field: str, text: str, answer: object) -> None:
    code, item = field.split(".")
    answers = understood({field: text}, [instrument(code)])
    assert answers[code][item] == answer
    assert type(answers[code][item]) is type(answer)


CODED = [each for each in instruments() if any(item.codes for item in each.items)]


@pytest.mark.parametrize("questionnaire", CODED, ids=lambda each: each.code)
def test_each_answer_that_can_be_chosen_is_its_code(questionnaire: Instrument) -> None:
    choices = [(item, code) for item in questionnaire.items for code in item.codes]
    for item, code in some(choices):
        answers = understood({of_field(questionnaire.code, item.code): str(code)}, [questionnaire])
        assert (answers[questionnaire.code][item.code], code in item.written.values()) == (code, True)


@pytest.mark.parametrize(
    ("ticked", "others"),
    [
        ({}, {}),
        ({"paracetamol": ""}, {}),  # nothing was ticked: nothing was answered
        ({"paracetamol": "1"}, {"none": 0, "other": 0, "nerve_pain": 0}),
        ({"none": "1"}, {"paracetamol": 0, "other": 0}),
        ({"paracetamol": "1", "other": "1"}, {"none": 0, "nerve_pain": 0}),
    ],
)
def test_beside_a_tick_the_lines_that_are_not_ticked_are_noughts(
    ticked: dict[str, str], others: dict[str, int]
) -> None:
    answers = understood({f"medication.{item}": text for item, text in ticked.items()}, [instrument("medication")])
    given = {item: 1 for item, text in ticked.items() if text}
    for item, value in {**given, **others}.items():
        assert answers["medication"][item] == value
    if not given:
        assert not [value for value in answers["medication"].values() if value is not None]


def test_every_instrument_of_the_visit_has_its_answers() -> None:
    both = [instrument("odi"), instrument("nrs_leg")]
    assert understood({"nrs_leg.leg": "1"}, both) == {"odi": {}, "nrs_leg": {"leg": 1}}


@pytest.mark.parametrize(
    "field", ["leg", "nrs_leg.", ".leg", "odi.shoes", "rand36.q1", "nrs_leg.leg.leg", "NRS_LEG.LEG", ""]
)
def test_a_field_of_no_item_is_named_and_the_others_are_read(field: str) -> None:
    both = [instrument("nrs_leg"), instrument("odi")]
    fields = {field: "1", "nrs_leg.leg": "1"}
    assert understood(fields, both) == {"nrs_leg": {"leg": 1}, "odi": {}}
    assert asked_here(fields, both) == {"nrs_leg.leg": "1"}
    ((code, problem),) = not_asked_here(fields, both)
    assert (of_field(code, problem.item), problem.fault) == (field.removesuffix("."), "unknown_item")


def test_twenty_strangers_are_named_and_no_more() -> None:
    strangers = not_asked_here([f"x{number:03}" for number in range(500)], [instrument("odi")])
    assert [code for code, _ in strangers] == [f"x{number:03}" for number in range(20)]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("odi.lifting", "odi.lifting"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "'" + "x" * 59),
        ("blåbær", "blåbær"),
        ("a\nb", "'a\\nb'"),
        ("\u202eodi", "'\\u202eodi'"),
    ],
)
def test_a_name_is_shown_short_and_printable(field: str, name: str) -> None:
    assert named(field) == name
