"""Every instrument as a FHIR R4 Questionnaire: the resource's own rules, and scores from ordinal values."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.instruments import Instrument, instrument, instruments, score
from app.instruments.date_bounds import date_bound
from app.instruments.fhir import ORDINAL, questionnaire
from tests.some import some

R4_TYPES = {"group", "display", "boolean", "decimal", "integer", "date", "text", "choice"}
every_instrument = pytest.mark.parametrize("each", instruments(), ids=lambda each: each.code)


def walk(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from walk(item.get("item", []))


def ordinals(item: dict[str, Any]) -> dict[str, int]:
    return {
        option["valueCoding"]["code"]: extension["valueDecimal"]
        for option in item.get("answerOption", [])
        for extension in option["valueCoding"]["extension"]
        if extension["url"] == ORDINAL
    }


@every_instrument
@pytest.mark.parametrize("language", ["nb", "en"])
def test_keeps_the_rules_of_the_resource(each: Instrument, language: str) -> None:
    resource = questionnaire(each, language)
    assert json.loads(json.dumps(resource)) == resource
    assert (resource["resourceType"], resource["language"]) == ("Questionnaire", language)
    assert re.fullmatch(r"[A-Z]([A-Za-z0-9_]){0,254}", resource["name"])  # que-0
    items = list(walk(resource["item"]))
    links = [item["linkId"] for item in items]
    assert len(links) == len(set(links))
    for place, item in enumerate(items):
        assert item["type"] in R4_TYPES
        assert item["text"]
        assert ("item" in item) == (item["type"] == "group")  # que-1
        assert not (item["type"] in ("group", "display") and item.get("answerOption"))  # que-5
        assert not (item["type"] == "display" and "required" in item)  # que-6
        assert ("answerOption" in item) == (item["type"] == "choice")
        assert all(when["question"] in links[:place] for when in item.get("enableWhen", []))
        assert len(item.get("enableWhen", [])) <= 1 or item["enableBehavior"] == "any"  # que-12


@every_instrument
def test_every_coded_answer_has_its_ordinal_value(each: Instrument) -> None:
    for item in some(walk(questionnaire(each, "en")["item"])):
        assert len(ordinals(item)) == len(item.get("answerOption", []))
        if item["type"] == "choice" and not item.get("repeats"):
            assert all(int(code) == ordinal for code, ordinal in some(ordinals(item).items()))


@every_instrument
def test_every_item_is_there_once(each: Instrument) -> None:
    items = list(walk(questionnaire(each, "nb")["item"]))
    links = {item["linkId"] for item in items} | {
        code for item in items if item.get("repeats") for code in ordinals(item)
    }
    assert {item.code for item in each.items} <= links


def test_ticks_are_one_question_whose_ordinals_add_up_to_the_score() -> None:
    (statements,) = [item for item in questionnaire(instrument("rmdq"), "en")["item"] if item["type"] == "choice"]
    assert statements["repeats"]
    values = ordinals(statements)
    assert len(values) == 25
    ticked = ["rmdq03", "rmdq09", "rmdq11"]
    assert sum(values[code] for code in ticked) == score("rmdq", dict.fromkeys(ticked, 1))[0].value
    assert values["none"] == score("rmdq", {"none": 1})[0].value
    assert [option["valueCoding"]["code"] for option in statements["answerOption"] if "extension" in option] == ["none"]


def test_loinc_codes_stand_where_they_are_given() -> None:
    assert questionnaire(instrument("odi"), "nb")["code"] == [{"system": "http://loinc.org", "code": "97908-8"}]
    assert "code" not in questionnaire(instrument("rmdq"), "nb")
    now = questionnaire(instrument("nrs_lbp"), "nb")["item"][1]
    assert now["code"] == [{"system": "http://loinc.org", "code": "72514-3"}]


def test_demonstration_words_are_drafts_and_say_so() -> None:
    demonstration, full = (questionnaire(instrument("rmdq"), language) for language in ("nb", "en"))
    assert (demonstration["status"], full["status"]) == ("draft", "active")
    assert "Demonstration wording" in demonstration["copyright"]
    assert "Spine 1983" in full["copyright"]


def test_the_version_follows_the_words() -> None:
    assert questionnaire(instrument("odi"), "nb")["version"] != questionnaire(instrument("odi"), "en")["version"]


@pytest.mark.parametrize(
    ("code", "link", "operator", "answers"),
    [
        ("sick_leave", "days", "=", [{"answerBoolean": True}]),
        ("wpai_shp", "productivity", ">", [{"answerDecimal": 0}]),
        ("perceived_treatment", "certainty", "=", ["1", "2"]),
        ("medication", "other_text", "=", ["other"]),
    ],
)
def test_branching(code: str, link: str, operator: str, answers: list[Any]) -> None:
    (item,) = [item for item in walk(questionnaire(instrument(code), "en")["item"]) if item["linkId"] == link]
    answers_asked = []
    for when in item["enableWhen"]:
        assert when["operator"] == operator
        rest = {key: value for key, value in when.items() if key.startswith("answer")}
        answers_asked.append(rest["answerCoding"]["code"] if "answerCoding" in rest else rest)
    assert answers_asked == answers


@pytest.mark.parametrize(
    ("bounds", "limits"),
    [
        ({}, {}),
        ({"earliest": "-P1Y", "latest": "P0D"}, {}),  # R4 has no words for a day that moves
        ({"earliest": "2026-01-01"}, {"minValue": "2026-01-01"}),
        ({"earliest": "2026-01-01", "latest": "2027-12-31"}, {"minValue": "2026-01-01", "maxValue": "2027-12-31"}),
    ],
)
def test_a_date_carries_the_days_of_the_calendar_that_bound_it(bounds: dict[str, str], limits: dict[str, str]) -> None:
    leave = instrument("sick_leave")
    ends = {end: date_bound(written) for end, written in bounds.items()}
    dated = replace(leave, items=(*leave.items[:-1], replace(leave.items[-1], **ends)))  # type: ignore[arg-type]
    since = list(walk(questionnaire(dated, "en")["item"]))[-1]
    assert {each["url"].rsplit("/")[-1]: each["valueDate"] for each in since.get("extension", [])} == limits
