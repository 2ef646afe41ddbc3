"""FHIR R4: each line a resource that its model takes, with id, zone, version, and why a value is absent."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from app.exports.standards import fhir
from app.exports.standards.fhir import ABSENT, identifier
from app.exports.standards.trial import StandardTrial
from app.instruments import instrument
from tests.instruments.test_new_items import NIGHT
from tests.some import some

MODELS: dict[str, Any] = {
    "Questionnaire": Questionnaire,
    "QuestionnaireResponse": QuestionnaireResponse,
    "Observation": Observation,
}
LINES = {
    "Questionnaire": fhir.questionnaires, "QuestionnaireResponse": fhir.responses, "Observation": fhir.observations,
}  # fmt: skip
FIRST = "backtobasic-01-010-d28-odi"
"""Answered with one item skipped."""


def resources(trial: StandardTrial, kind: str) -> dict[str, dict[str, Any]]:
    """The resources of a kind, by id."""
    lines = [json.loads(line) for line in some(list(LINES[kind](trial)))]
    assert len({line["id"] for line in lines}) == len(lines)
    return {line["id"]: line for line in lines}


def items(parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every item of a resource, also inside groups, by its link."""
    by_link = {}
    for part in parts:
        by_link[part["linkId"]] = part
        by_link |= items(part.get("item", []))
    return by_link


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_every_line_is_a_resource_that_the_model_takes(kind: str, trial: StandardTrial) -> None:
    for line in some(list(LINES[kind](trial))):
        assert line.endswith("}\n")
        assert MODELS[kind].model_validate_json(line).id == json.loads(line)["id"]
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", json.loads(line)["id"])


def test_there_is_a_response_for_each_questionnaire_answered_and_an_observation_for_each_score(
    trial: StandardTrial,
) -> None:
    forms = {(row["participant"], row["visit"], row["instrument"]) for row in trial.rows("answers")}
    assert len(resources(trial, "QuestionnaireResponse")) == len(forms)
    assert len(resources(trial, "Observation")) == len(list(trial.rows("scores")))


def test_a_response_says_whose_it_is_when_it_came_and_which_words_were_asked(trial: StandardTrial) -> None:
    response = resources(trial, "QuestionnaireResponse")[FIRST]
    wording = instrument("odi").wording("nb").sha256[:12]
    assert response["questionnaire"] == f"urn:svar:instrument:odi|2.0+{wording}"
    assert response["subject"] == {
        "type": "Patient", "identifier": {"system": "urn:svar:study:backtobasic", "value": "01-010"},
    }  # fmt: skip
    assert response["authored"] == "2026-04-06T11:00:00+02:00"
    assert response["status"] == "completed"


def test_every_instant_has_its_zone(trial: StandardTrial) -> None:
    instants = [each["authored"] for each in resources(trial, "QuestionnaireResponse").values()]
    instants += [each["effectiveDateTime"] for each in resources(trial, "Observation").values()]
    assert [instant for instant in instants if datetime.fromisoformat(instant).tzinfo is None] == []


def test_every_answer_stands_under_its_link_and_an_absent_one_says_why(trial: StandardTrial) -> None:
    answers = items(resources(trial, "QuestionnaireResponse")[FIRST]["item"])
    assert answers["lifting"]["answer"] == [{"valueCoding": {"system": "urn:svar:instrument:odi:lifting", "code": "2"}}]
    assert answers["sex_life"] == {
        "linkId": "sex_life", "extension": [{"url": ABSENT, "valueCode": "asked-declined"}],
    }  # fmt: skip
    assert set(answers) == {item.code for item in instrument("odi").items}


@pytest.mark.parametrize("code", ["odi", "rmdq", "nrs_lbp", "nrs_lbp_week", "nrs_leg"])
def test_a_response_uses_links_and_answers_that_its_questionnaire_has(code: str, trial: StandardTrial) -> None:
    asked_for = items(
        resources(trial, "Questionnaire")[f"{code}-{instrument(code).version}-nb".replace("_", "-")]["item"]
    )
    answers = [
        (link, answer)
        for response in resources(trial, "QuestionnaireResponse").values()
        if response["questionnaire"].startswith(f"urn:svar:instrument:{code}|")
        for link, part in items(response["item"]).items()
        for answer in part.get("answer", [])
    ]
    for link, answer in some(answers):
        options = [each["valueCoding"] for each in asked_for[link].get("answerOption", [])]
        coding = answer.get("valueCoding")
        assert coding is None or (coding["system"], coding["code"]) in {
            (each["system"], each["code"]) for each in options
        }


def test_ticks_are_one_question_with_those_that_were_ticked(trial: StandardTrial) -> None:
    (response,) = [
        each for each in resources(trial, "QuestionnaireResponse").values() if "rmdq" in each["questionnaire"]
    ]
    answered = [answer for part in items(response["item"]).values() for answer in part.get("answer", [])]
    assert answered == [{"valueCoding": {"system": "urn:svar:instrument:rmdq", "code": "rmdq01"}}]


def test_a_score_has_value_unit_terms_and_the_response_that_it_is_of(trial: StandardTrial) -> None:
    observation = resources(trial, "Observation")[f"{FIRST}-odi"]
    assert observation["valueQuantity"] == {
        "value": 40.0,
        "unit": "%",
        "system": "http://unitsofmeasure.org",
        "code": "%",
    }
    assert observation["code"]["coding"] == [
        {"system": "http://loinc.org", "code": "97909-6"}, {"system": "urn:svar:instrument:odi", "code": "odi"},
    ]  # fmt: skip
    assert observation["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{FIRST}"}]
    answered = resources(trial, "QuestionnaireResponse")
    references = {
        each["derivedFrom"][0]["reference"].split("/")[1] for each in resources(trial, "Observation").values()
    }
    assert references <= set(answered)


def test_a_score_without_a_value_says_why(trial: StandardTrial) -> None:
    absent = [each for each in resources(trial, "Observation").values() if "valueQuantity" not in each]
    codes = {each["dataAbsentReason"]["coding"][0]["code"] for each in some(absent)}
    assert codes == {"not-performed"}
    assert len(absent) == sum(row["value"] is None for row in trial.rows("scores"))


def test_no_word_of_a_licensed_questionnaire_is_written(trial: StandardTrial) -> None:
    text = json.dumps(resources(trial, "Questionnaire")["odi-2.0-nb"], ensure_ascii=False)
    wording = instrument("odi").wording("nb")
    words = {wording.item(item.code).text for item in instrument("odi").items}
    words |= {wording.option(item.code, code) for item in instrument("odi").items for code in item.codes}
    assert [word for word in words if len(word) > 8 and word in text] == []
    version = instrument("rmdq").version
    free = json.dumps(resources(trial, "Questionnaire")[f"rmdq-{version}-en"], ensure_ascii=False)
    assert instrument("rmdq").wording("en").item("rmdq01").text in free


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        (("trial", "01-001", "d0", "odi"), "trial-01-001-d0-odi"),
        (("trial", "nrs_lbp"), "trial-nrs-lbp"),
        (("2.0",), "2.0"),
    ],
)
def test_an_id_is_made_of_the_studys_codes(parts: tuple[str, ...], made: str) -> None:
    assert identifier(*parts) == made


@pytest.mark.parametrize("parts", [("å",), ("x" * 65,), ("a/b",), ("x" * 64, "y"), ("a b", "c")])
def test_an_id_that_would_lose_something_or_be_too_long_ends_in_a_hash(parts: tuple[str, ...]) -> None:
    made = identifier(*parts)
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,47}-[0-9a-f]{16}", made)
    assert made != identifier(*parts, "z")


@pytest.mark.parametrize(
    ("item", "value", "typed"),
    [
        ("bed", "22:30", {"valueTime": "22:30:00"}),
        ("asleep", "435", {"valueInteger": 435}),
        ("slept", "1", {"valueBoolean": True}),
        ("noise", "0", {"valueBoolean": False}),
        ("pain", "7", {"valueCoding": {"system": "urn:svar:instrument:night:pain", "code": "7"}}),
    ],
)
def test_each_kind_of_answer_has_its_type(item: str, value: str, typed: dict[str, Any]) -> None:
    assert fhir.typed_answer(NIGHT, NIGHT.item(item), value) == typed
    part = {"linkId": item, "answer": [typed]}
    whole = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [part]}
    assert QuestionnaireResponse.model_validate(whole).status == "completed"
