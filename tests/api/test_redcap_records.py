"""The records of the REDCap face: which fields, people and events, how they are labelled, separated and dated."""

import csv
import io
import json
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.schedule.models import Assessment
from app.studies.models import Study
from tests.api.redcap_face import Ask, records
from tests.api.redcap_face import ask as ask
from tests.api.redcap_face import token as token
from tests.exports.conftest import NOW


@pytest.mark.parametrize(
    ("parts", "columns"),
    [
        ({"fields": "odi_walking"}, ["odi_walking"]),
        ({"fields": "record_id, odi_walking"}, ["odi_walking"]),
        ({"fields[0]": "odi_walking", "fields[1]": "site"}, ["site", "odi_walking"]),
        ({"fields[]": "odi_complete"}, ["odi_complete"]),
        ({"forms": "participant"},
         ["site", "enrolled_on", "randomised_on", "withdrawn_on", "participant_complete"]),
        ({"forms[0]": "participant", "fields[0]": "odi_complete", "exportDataAccessGroups": "true"},
         ["redcap_data_access_group", "site", "enrolled_on", "randomised_on", "withdrawn_on", "participant_complete",
          "odi_complete"]),
        ({"fields": "odi_complete", "exportSurveyFields": "True"}, ["odi_complete"]),
    ],
)  # fmt: skip
def test_fields_and_forms_are_chosen(ask: Ask, parts: dict[str, str], columns: list[str]) -> None:
    assert {tuple(row) for row in records(ask, **parts)} == {("record_id", "redcap_event_name", *columns)}


@pytest.mark.parametrize(
    ("parts", "people"),
    [
        ({}, ["01-002", "01-003", "01-010"]),
        ({"records": "01-010,01-002"}, ["01-002", "01-010"]),
        ({"records[0]": "01-003"}, ["01-003"]),
        ({"records": "99-999"}, []),
        ({"dateRangeBegin": "2026-04-01 00:00:00"}, ["01-010"]),
        ({"dateRangeEnd": "2026-02-28 13:00:00"}, ["01-010"]),
        ({"dateRangeEnd": "2026-02-28 11:29:00"}, []),
        ({"dateRangeBegin": "2026-03-02 12:00", "dateRangeEnd": "2026-03-20"}, ["01-002"]),
        ({"dateRangeBegin": "", "dateRangeEnd": ""}, ["01-002", "01-003", "01-010"]),
    ],
)
def test_people_are_chosen(ask: Ask, parts: dict[str, str], people: list[str]) -> None:
    assert sorted({row["record_id"] for row in records(ask, fields="record_id", **parts)}) == people


def test_events_are_chosen(ask: Ask) -> None:
    rows = records(ask, events="enrolment_arm_1", records="01-010", forms="participant")
    assert rows == [
        {"record_id": "01-010", "redcap_event_name": "enrolment_arm_1", "site": "01", "enrolled_on": "2026-02-01",
         "randomised_on": "2026-02-20", "withdrawn_on": "", "participant_complete": "2"}
    ]  # fmt: skip


def test_labels_stand_for_codes_where_they_are_asked_for(ask: Ask) -> None:
    parts = {"fields": "odi_complete,participant_complete", "records": "01-010", "events": "d0_arm_1"}
    (raw,), (labelled,) = records(ask, **parts), records(ask, rawOrLabel="label", **parts)
    assert (raw["redcap_event_name"], raw["odi_complete"]) == ("d0_arm_1", "2")
    assert (labelled["redcap_event_name"], labelled["odi_complete"]) == ("d0", "Complete")
    header = ask("record", format="csv", rawOrLabelHeaders="label", fields="site").text.splitlines()[0]
    assert header == "Pseudonym,redcap_event_name,Site"


def test_a_form_that_is_due_and_empty_is_told_from_one_that_is_not_asked(ask: Ask) -> None:
    parts = {"fields": "odi_complete,sick_leave_complete", "records": "01-010", "events": "d28_arm_1"}
    (row,) = records(ask, **parts)
    assert (row["odi_complete"], row["sick_leave_complete"]) == ("2", "0")
    (row,) = records(ask, exportBlankForGrayFormStatus="true", **parts)
    assert (row["odi_complete"], row["sick_leave_complete"]) == ("2", "")
    (row,) = records(ask, **parts | {"events": "enrolment_arm_1"})
    assert (row["odi_complete"], row["sick_leave_complete"]) == ("", "")


def test_when_a_form_came_is_told_in_the_studys_own_time(ask: Ask) -> None:
    (row,) = records(ask, forms="odi", exportSurveyFields="true", records="01-010", events="d0_arm_1")
    assert row["odi_timestamp"] == "2026-02-28 11:30:00"


@pytest.mark.parametrize(("delimiter", "sign"), [(";", ";"), ("tab", "\t"), ("|", "|"), ("^", "^"), (",", ",")])
def test_csv_is_written_with_the_signs_that_are_asked_for(ask: Ask, delimiter: str, sign: str) -> None:
    parts = {"records": "01-010", "events": "d28_arm_1", "fields": "odi_odi_score"}
    answer = ask("record", format="csv", csvDelimiter=delimiter, decimalCharacter=",", **parts)
    assert (answer.mimetype, answer.headers.getlist("Content-Type")) == ("text/csv", ["text/csv; charset=utf-8"])
    (row,) = csv.DictReader(io.StringIO(answer.text), delimiter=sign)
    assert list(row) == ["record_id", "redcap_event_name", "odi_odi_score"]
    assert "." not in row["odi_odi_score"]


def test_what_was_answered_at_a_visit_that_the_plan_does_not_name_is_an_event_too(
    ask: Ask, session: Session, study: Study
) -> None:
    session.execute(update(Assessment).where(Assessment.visit == "d14").values(visit="Extra 2"))
    session.commit()
    events = [event["unique_event_name"] for event in ask("event").get_json()]
    assert events[-1] == "extra_2_arm_1"
    assert "extra_2_arm_1" in {row["redcap_event_name"] for row in records(ask)}


def test_what_is_known_now_is_told_at_once(ask: Ask, session: Session) -> None:
    before = records(ask, fields="site")
    session.connection().exec_driver_sql("DELETE FROM drafts")
    assert json.dumps(records(ask, fields="site")) == json.dumps(before)
    assert datetime.fromisoformat(ask("project").get_json()["creation_time"]) < NOW.replace(tzinfo=None)
