"""What she answered on another phone is said as the page says answers: words, days, units, whole lists of ticks."""

from datetime import date

import pytest
from flask import Flask

from app.instruments import instrument
from app.responses.two_phones import Doubt, DraftContent, GivenWhen
from app.web.language import day_as_said, speak
from app.web.patient.doubts import doubt_sentences


def told(app: Flask, language: str, kept: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    when = {name: GivenWhen(1, 1, Doubt.OTHER, other) for name, other in others.items()}
    draft = DraftContent(kept, when)
    codes = dict.fromkeys(name.partition(".")[0] for name in others)
    with app.test_request_context():
        speak(language)
        return doubt_sentences(draft, when, [instrument(code) for code in codes], language)


def words(field: str) -> str:
    code, item = field.split(".")
    return instrument(code).wording("nb").item(item).text


ELSEWHERE, SENT = "På en annen telefon eller i en annen nettleser ", "Det som står her, blir sendt."
PARACETAMOL, CODEINE, SLEEP = "medication.paracetamol", "medication.weak_opioid", "medication.sleep_or_calming"


@pytest.mark.parametrize(
    ("field", "other", "said"),
    [
        ("odi.lifting", "2", instrument("odi").wording("nb").item("lifting").options[2]),
        ("sick_leave.since", "2026-02-01", day_as_said(date(2026, 2, 1), "nb")),
        ("sick_leave.since", "1/2", "1/2"),  # no day, as she wrote it
        ("hours_lbp.hours", "12", "12 timer"),
        ("nrs_leg.leg", "7", "7"),
        ("medication.other_text", "Ibux", "Ibux"),
        ("odi.nothing", "3", "3"),
    ],
)
def test_the_other_answer_is_said_as_the_page_says_answers(app: Flask, field: str, other: str, said: str) -> None:
    assert told(app, "nb", {}, {field: other}) == {field: f"{ELSEWHERE}svarte du «{said}». {SENT}"}


def test_of_an_answer_that_was_left_empty_elsewhere_it_is_said(app: Flask) -> None:
    assert told(app, "nb", {"odi.lifting": "1"}, {"odi.lifting": ""}) == {
        "odi.lifting": f"{ELSEWHERE}lot du dette stå tomt. {SENT}"
    }


@pytest.mark.parametrize(
    ("kept", "others", "ticked"),
    [
        ({CODEINE: "1"}, {PARACETAMOL: "1"}, [PARACETAMOL, CODEINE]),
        ({PARACETAMOL: "1", CODEINE: "1"}, {PARACETAMOL: ""}, [CODEINE]),
        ({PARACETAMOL: "1", CODEINE: "1"}, {PARACETAMOL: "0", SLEEP: "1"}, [CODEINE, SLEEP]),
        ({PARACETAMOL: "1"}, {PARACETAMOL: ""}, []),
    ],
)
def test_of_a_list_of_ticks_the_whole_list_is_said(
    app: Flask, kept: dict[str, str], others: dict[str, str], ticked: list[str]
) -> None:
    lines = "», «".join(words(field) for field in ticked)
    sentence = f"svarte du «{lines}»." if ticked else "lot du dette stå tomt."
    assert told(app, "nb", kept, others) == dict.fromkeys(others, f"{ELSEWHERE}{sentence} {SENT}")


def test_what_was_given_too_early_is_said_without_another_answer(app: Flask) -> None:
    when = {"odi.lifting": GivenWhen(1, 1, Doubt.EARLY)}
    with app.test_request_context():
        speak("en")
        sentences = doubt_sentences(DraftContent({}, when), when, [instrument("odi")], "en")
    assert sentences["odi.lifting"].startswith("You answered this before these questions were opened.")


def test_where_nothing_is_in_doubt_nothing_is_said(app: Flask) -> None:
    assert told(app, "nb", {"odi.lifting": "1"}, {}) == {}
