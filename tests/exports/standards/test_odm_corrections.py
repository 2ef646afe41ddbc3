"""Corrections in ODM: each corrected item says who changed it, when and why, and what the patient had submitted."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest
import xmlschema

from app.exports.shapes import CORRECTIONS
from app.exports.standards.odm import odm_xml
from app.exports.standards.trial import StandardTrial
from app.exports.tables import Cell, table
from app.responses.models import Mode
from tests.exports.standards.test_files import ODM, SCHEMAS, parsed

EARLY, LATE = datetime(2026, 3, 20, 8, tzinfo=UTC), datetime(2026, 3, 21, 9, tzinfo=UTC)


def corrected_odm(trial: StandardTrial, *changes: dict[str, Cell]) -> Element:
    """ODM of the trial in which these corrections of somebody's first visit were decided; its schema holds."""
    plain: dict[str, Cell] = {
        "participant": "01-002",
        "site": "01",
        "visit": "d0",
        "instrument": "odi",
        "item": "lifting",
    }
    plain |= {"reason": "She <called> & said so.\x07", "decision": "approved"}
    rows = [tuple((plain | change).get(name) for name in CORRECTIONS.names) for change in changes]
    tables = [table(CORRECTIONS, rows) if each.name == "corrections" else each for each in trial.data.tables]
    text = "".join(odm_xml(StandardTrial(replace(trial.data, tables=tuple(tables)))))
    xmlschema.XMLSchema(SCHEMAS / "odm" / "1.3.2" / "ODM1-3-2.xsd", allow="local").validate(text)
    return parsed(text.encode())


def changed_items(root: Element) -> list[tuple[str | None, ...]]:
    """Of each item with an audit record of its own: which, by whom, when, why, and what was submitted."""
    return [
        (
            item.get("ItemOID"), record[0].get("UserOID"), record.findtext(f"{ODM}DateTimeStamp"),
            record.findtext(f"{ODM}ReasonForChange"), item.findtext(f"{ODM}Annotation/{ODM}Comment"),
        )
        for item in root.iter(f"{ODM}ItemData")
        for record in item.findall(f"{ODM}AuditRecord")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([{"decided_at": EARLY, "original_value": "2"}], ("2026-03-20T08:00:00Z", "Submitted: 2")),
        ([{"decided_at": EARLY}], ("2026-03-20T08:00:00Z", "Submitted: nothing")),
        (
            [{"decided_at": LATE, "original_value": "2"}, {"decided_at": EARLY, "original_value": "2"}],
            ("2026-03-21T09:00:00Z", "Submitted: 2"),
        ),
    ],
    ids=["value", "nothing", "the last of two"],
)
def test_a_corrected_item_has_an_audit_record_with_the_reason_and_what_was_submitted(
    changes: list[dict[str, Cell]], sentence: tuple[str, str], trial: StandardTrial
) -> None:
    at, submitted = sentence
    assert changed_items(corrected_odm(trial, *changes)) == [
        ("IT.odi.lifting", "USR.STAFF", at, "She <called> & said so.", submitted)
    ]


@pytest.mark.parametrize("decision", ["refused", "closed", None])
def test_what_was_not_approved_changes_nothing_in_odm(decision: str | None, trial: StandardTrial) -> None:
    assert changed_items(corrected_odm(trial, {"decision": decision, "decided_at": EARLY})) == []


def test_a_response_that_does_not_count_has_the_reason_on_its_forms(trial: StandardTrial) -> None:
    root = corrected_odm(trial, {"instrument": None, "item": None, "kind": "void", "decided_at": EARLY})
    reasons = [each.text for form in root.iter(f"{ODM}FormData") for each in form.iter(f"{ODM}ReasonForChange")]
    assert reasons == ["She <called> & said so."]


@pytest.mark.parametrize("mode", list(Mode))
def test_odm_says_who_sent_a_form(mode: Mode, trial: StandardTrial) -> None:
    plain = trial.data.table("assessments")
    at = plain.shape.names.index("mode")
    rows = [(*row[:at], mode.value if row[at] else None, *row[at + 1 :]) for row in plain.rows]
    tables = [table(plain.shape, rows) if each.name == plain.name else each for each in trial.data.tables]
    root = parsed("".join(odm_xml(StandardTrial(replace(trial.data, tables=tuple(tables))))).encode())
    users = {record[0].get("UserOID") for record in root.iter(f"{ODM}AuditRecord")}
    assert users == {"USR.STAFF" if mode in (Mode.STAFF, Mode.TELEPHONE, Mode.PAPER) else "USR.PATIENT"}
