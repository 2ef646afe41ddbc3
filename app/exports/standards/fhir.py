"""FHIR R4, a resource a line: questionnaires as they were asked, each response, and its scores as observations.

A resource's id is made of the study's own codes, so the same answer has the same id every night. Words of a licensed
questionnaire are not written: its item codes stand in their place.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from typing import Any

from app.exports.standards.trial import Row, StandardTrial
from app.exports.tables import Cell
from app.instruments import Instrument, Item
from app.instruments.fhir import LOINC, OWN_SYSTEM, questionnaire
from app.instruments.model import TICKED, ItemType, ScoreDefinition
from app.instruments.results import Unscored
from app.responses.checking import NotAnswered

Json = dict[str, Any]

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT_CODES = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
SNOMED, UCUM = "http://snomed.info/sct", "http://unitsofmeasure.org"
SURVEY = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}
WHY = {
    NotAnswered.SKIPPED: "asked-declined",
    NotAnswered.NOT_APPLICABLE: "not-applicable",
    NotAnswered.VOIDED: "error",
    Unscored.NOT_EMPLOYED: "not-applicable",
    Unscored.INCOMPLETE: "not-performed",
    Unscored.NOT_ANSWERED: "not-performed",
}
"""FHIR's word for why something is absent; every other reason is unknown to it."""
CODED = (ItemType.CHOICE, ItemType.NRS)
LONGEST_ID = 64
UNITS = {"%": "%", None: "{score}"}


def questionnaires(trial: StandardTrial) -> Iterator[str]:
    """Every questionnaire of the study in each of its languages."""
    for each in trial.data.instruments:
        for language in each.languages:
            resource = questionnaire(each, language)
            if each.licence.requires_original(language):
                resource = {**_wordless(resource), "title": each.code}
            yield _line({**resource, "id": identifier(each.code, each.version, language)})


def responses(trial: StandardTrial) -> Iterator[str]:
    """Every questionnaire that was answered, with all its items."""
    of_form = groupby(trial.rows("answers"), lambda row: (row["participant"], row["visit"], row["instrument"]))
    for (participant, visit, _), rows in of_form:
        answers = list(rows)
        first, form = answers[0], _asked(trial, answers[0])
        if form is None:
            continue
        voided = all(row["missing_reason"] == NotAnswered.VOIDED for row in answers)
        yield _line(
            {
                "resourceType": "QuestionnaireResponse",
                "id": _response_id(trial, first),
                "identifier": {"system": _study(trial), "value": f"{participant}/{visit}/{form.code}"},
                "questionnaire": _canonical(form, first),
                "status": "entered-in-error" if voided else "completed",
                "subject": _subject(trial, participant),
                "authored": _instant(trial, first),
                "item": list(_items(form, {str(row["item"]): row for row in answers})),
            }
        )


def observations(trial: StandardTrial) -> Iterator[str]:
    """Every score, with its value or why there is none."""
    for row in trial.rows("scores"):
        form = _asked(trial, row)
        scored = next((each for each in form.scores if each.name == row["score"]), None) if form else None
        parts = (trial.data.study, row["participant"], row["visit"], row["instrument"], row["score"], row["value_set"])
        resource: Json = {
            "resourceType": "Observation",
            "id": identifier(*filter(None, map(str, (part or "" for part in parts)))),
            "status": "entered-in-error" if row["missing_reason"] == NotAnswered.VOIDED else "final",
            "category": [{"coding": [SURVEY]}],
            "code": {"coding": _score_codes(row, scored), "text": f"{row['instrument']} {row['score']}"},
            "subject": _subject(trial, row["participant"]),
            "effectiveDateTime": _instant(trial, row),
            "derivedFrom": [{"reference": f"QuestionnaireResponse/{_response_id(trial, row)}"}],
            **_value(row, scored.unit if scored else None),
        }
        if row["value_set"]:
            resource["method"] = {"text": f"Value set {row['value_set']}"}
        if row.get("category"):
            resource["interpretation"] = [{"text": str(row["category"])}]
        yield _line(resource)


def identifier(*parts: str) -> str:
    """An id of letters, figures, points and hyphens; where that loses something, or is too long, it ends in a hash."""
    plain = "-".join(parts)
    tidy = re.sub(r"[^A-Za-z0-9.-]", "-", plain)
    if tidy == plain.replace("_", "-") and len(tidy) <= LONGEST_ID:
        return tidy
    digest = sha256("\x1f".join(parts).encode()).hexdigest()[:16]
    return f"{tidy[: LONGEST_ID - 17]}-{digest}"


def _items(form: Instrument, rows: dict[str, Row]) -> Iterator[Json]:
    """The answers as the questionnaire's items lie: those of a group in it, a list of ticks as one question."""
    groups, begun = {group.code: group for group in form.groups}, set[str]()
    for item in form.items:
        if item.group is None:
            yield from _answer(form, item, rows)
        elif item.group not in begun:
            begun.add(item.group)
            inside = [each for each in form.items if each.group == item.group]
            if groups[item.group].layout in TICKED:
                yield _ticks(form, item.group, inside, rows)
            elif answered := [each for member in inside for each in _answer(form, member, rows)]:
                yield {"linkId": item.group, "item": answered}


def _answer(form: Instrument, item: Item, rows: dict[str, Row]) -> Iterator[Json]:
    row = rows.get(item.code)
    if row is None:
        return
    value = row["value"]
    if value is None:
        yield {"linkId": item.code, "extension": [{"url": ABSENT, "valueCode": _why(row)}]}
    else:
        yield {"linkId": item.code, "answer": [typed_answer(form, item, str(value))]}


def _ticks(form: Instrument, group: str, items: list[Item], rows: dict[str, Row]) -> Json:
    ticked = [item.code for item in items if item.code in rows and rows[item.code]["value"] == "1"]
    if ticked:
        system = f"{OWN_SYSTEM}:{form.code}"
        return {"linkId": group, "answer": [{"valueCoding": {"system": system, "code": code}} for code in ticked]}
    absent = next((rows[item.code] for item in items if item.code in rows and rows[item.code]["value"] is None), None)
    return {"linkId": group, **({"extension": [{"url": ABSENT, "valueCode": _why(absent)}]} if absent else {})}


def typed_answer(form: Instrument, item: Item, value: str) -> Json:
    """An answer as FHIR types it."""
    if item.type in CODED:
        return {"valueCoding": {"system": f"{OWN_SYSTEM}:{form.code}:{item.code}", "code": value}}
    if item.type is ItemType.TEXT:
        return {"valueString": value}
    if item.type is ItemType.DATE:
        return {"valueDate": value}
    if item.type is ItemType.TIME:
        return {"valueTime": f"{value}:00"}
    if item.type in (ItemType.YESNO, ItemType.TICKS):
        return {"valueBoolean": value == "1"}
    return {"valueDecimal": float(value)} if item.decimals else {"valueInteger": int(value)}


def _value(row: Row, unit: str | None) -> Json:
    value = row["value"]
    if not isinstance(value, Decimal):
        return {"dataAbsentReason": {"coding": [{"system": ABSENT_CODES, "code": _why(row)}]}}
    coded = {"system": UCUM, "code": UNITS[unit]} if unit in UNITS else {}
    return {"valueQuantity": {"value": float(value), "unit": unit or "score", **coded}}


def _score_codes(row: Row, scored: ScoreDefinition | None) -> list[Json]:
    own = {"system": f"{OWN_SYSTEM}:{row['instrument']}", "code": str(row["score"])}
    controlled = ((LOINC, scored.loinc), (SNOMED, scored.snomed)) if scored else ()
    return [{"system": system, "code": code} for system, code in controlled if code] + [own]


def _why(row: Row) -> str:
    return next((code for reason, code in WHY.items() if reason == row["missing_reason"]), "unknown")


def _asked(trial: StandardTrial, row: Row) -> Instrument | None:
    """The version that was answered, or whichever is known."""
    versions = [each for each in trial.data.instruments if each.code == row["instrument"]]
    exact = (each for each in versions if each.version == row["instrument_version"])
    return next(exact, versions[-1] if versions else None)


def _canonical(form: Instrument, row: Row) -> str:
    """The questionnaire with its version and the hash of its wording."""
    wording = str(row["wording_sha256"] or "")[:12]
    return f"{OWN_SYSTEM}:{form.code}|{row['instrument_version'] or form.version}{f'+{wording}' if wording else ''}"


def _response_id(trial: StandardTrial, row: Row) -> str:
    return identifier(trial.data.study, str(row["participant"]), str(row["visit"]), str(row["instrument"]))


def _subject(trial: StandardTrial, participant: Cell) -> Json:
    return {"type": "Patient", "identifier": {"system": _study(trial), "value": str(participant)}}


def _study(trial: StandardTrial) -> str:
    return f"urn:svar:study:{trial.data.study}"


def _instant(trial: StandardTrial, row: Row) -> str:
    """With the zone of the participant."""
    at = row["submitted_at"]
    assert isinstance(at, datetime)
    return trial.subjects[str(row["participant"])].local(at).isoformat(timespec="seconds")


def _wordless(part: Any) -> Any:
    """With codes in the place of words."""
    if isinstance(part, list):
        return [_wordless(each) for each in part]
    if not isinstance(part, dict):
        return part
    bare = {key: _wordless(said) for key, said in part.items()}
    if "text" in bare:
        bare["text"] = bare["linkId"]
    if "display" in bare:
        bare["display"] = bare["code"]
    return bare


def _line(resource: Json) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n"
