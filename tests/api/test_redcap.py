"""The REDCap face: PyCap reads a study without knowing what it speaks to; what cannot be given is refused."""

import csv
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from redcap.project import Project
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from app.exports.models import RowsRead
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.access import bind
from app.studies.installing import site
from app.studies.models import Study
from tests.api.conftest import Program
from tests.exports.builders import NAME, ODI, PHONE
from tests.exports.conftest import NOW
from tests.factories import command, user, visitor

Ask = Callable[..., TestResponse]


@pytest.fixture
def token(study: Study, session: Session) -> str:
    row, text = tokens.issue(
        user(study, Role.STATISTICIAN), [Permission.DOWNLOAD_EXPORT], NOW + timedelta(days=9), NOW, redcap=True
    )
    bind(row, study)
    session.commit()
    return text


@pytest.fixture
def ask(app: Flask, token: str) -> Ask:
    client = visitor(app)

    def post(content: str, **parts: str) -> TestResponse:
        form = {"token": token, "content": content, "format": "json", **parts}
        with moved_clock(lambda: NOW):
            return client.post("/api/redcap/", data=form)

    return post


@pytest.fixture
def project(app: Flask, token: str) -> Iterator[Project]:
    """The study as PyCap sees it, over a line."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with moved_clock(lambda: NOW):
        yield Project(f"http://127.0.0.1:{server.server_port}/api/redcap/api/", token)
    server.shutdown()
    thread.join()
    server.server_close()


def test_pycap_reads_the_study(project: Project, session: Session) -> None:
    assert (project.def_field, project.is_longitudinal) == ("record_id", True)
    assert str(project.export_version()) == "14.0.0"
    assert project.export_project_info()["project_title"].startswith("BackToBasic")
    assert {"participant", "odi", "eq5d5l"} <= {form["instrument_name"] for form in project.export_instruments()}
    assert [event["unique_event_name"] for event in project.export_events()][:3] == [
        "enrolment_arm_1", "d0_arm_1", "d7_arm_1",
    ]  # fmt: skip
    mapping = project.export_instrument_event_mappings()
    assert {"arm_num": 1, "unique_event_name": "d28_arm_1", "form": "odi"} in mapping
    assert project.export_arms() == [{"arm_num": 1, "name": "All participants"}]
    names = {each["export_field_name"] for each in project.export_field_names()}
    rows = project.export_records()
    assert {name for row in rows for name in row} - names == {"redcap_event_name"}
    assert {row["record_id"] for row in rows} == set(session.scalars(select(Participant.code).order_by(Participant.id)))
    (d0,) = [row for row in rows if (row["record_id"], row["redcap_event_name"]) == ("01-010", "d0_arm_1")]
    assert {item: d0[f"odi_{item}"] for item in ODI} == {item: str(code) for item, code in ODI.items()}
    assert (d0["odi_odi_score"], d0["odi_complete"], d0["participant_complete"]) == ("40", "2", "")
    skipped = [row for row in rows if (row["record_id"], row["redcap_event_name"]) == ("01-010", "d28_arm_1")]
    assert [(row["odi_sex_life"], row["odi_walking"]) for row in skipped] == [("", "2")]


def test_pycap_makes_a_table_of_it(project: Project) -> None:
    frame = project.export_records(format_type="df", forms=["odi"])
    assert frame.index.names == ["record_id", "redcap_event_name"]
    assert float(frame.loc[("01-010", "d0_arm_1"), "odi_odi_score"]) == 40.0
    assert project.export_metadata(format_type="df").loc["odi_walking", "field_type"] == "radio"
    assert project.export_field_names(format_type="df").index.name == "original_field_name"


def test_a_form_of_curl_is_answered(app: Flask, project: Project, token: str) -> None:
    """The line as REDCap's own documentation has it for curl."""
    form = ["token=" + token, "content=record", "format=csv", "type=eav", "fields[0]=odi_walking"]
    words = [word for part in form for word in ("--data-urlencode", part)]
    done = subprocess.run(
        ["/usr/bin/curl", "-sS", "--fail", *words, project.url], capture_output=True, encoding="utf-8", check=True
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["field_name"] for row in rows} == {"record_id", "odi_walking"}
    assert {"record": "01-010", "redcap_event_name": "d0_arm_1", "field_name": "odi_walking", "value": "2"} in rows


def test_a_list_without_numbers_is_heard_whole_and_anything_else_once(app: Flask, token: str) -> None:
    """As `data={"fields[]": [...]}` sends it in Python: of two values none is lost, and none chosen."""
    form = {"token": [token], "content": ["record"], "format": ["json"], "fields[]": ["odi_walking", "odi_complete"]}
    with moved_clock(lambda: NOW):
        answer = visitor(app).post("/api/redcap/", data=form)
        twice = visitor(app).post("/api/redcap/", data={**form, "type": ["flat", "eav"]})
        tokens_twice = visitor(app).post("/api/redcap/", data={**form, "token": [token, "x"]})
    assert {"odi_walking", "odi_complete"} <= set(answer.get_json()[0])
    assert (twice.status_code, twice.get_json()) == (400, {"error": "type is sent twice: send it once."})
    assert (tokens_twice.status_code, tokens_twice.get_json()) == (400, {"error": "token is sent twice: send it once."})


def test_nothing_of_hers_but_the_pseudonym_comes_out(ask: Ask) -> None:
    for content in ("record", "metadata", "event", "project", "dag"):
        text = ask(content, exportDataAccessGroups="true", exportSurveyFields="true").text
        assert all(words not in text for words in (PHONE, PHONE[3:], NAME)), content


def records(ask: Ask, **parts: str) -> list[dict[str, str]]:
    answer = ask("record", **parts)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, str]] = answer.get_json()
    return rows


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


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"content": "participantList"}, "content is one of"),
        ({"content": ""}, "content is one of"),
        ({"format": "xml"}, "json or csv"),
        ({"fields": "odi_flying"}, "'odi_flying'"),
        ({"fields[0]": "pin"}, "'pin'"),
        ({"forms": "secrets"}, "'secrets'"),
        ({"events": "d0"}, "'d0'"),
        ({"type": "wide"}, "type is one of"),
        ({"rawOrLabel": "both"}, "rawOrLabel is one of"),
        ({"csvDelimiter": "::"}, "csvDelimiter is one of"),
        ({"decimalCharacter": "x"}, "decimalCharacter is one of"),
        ({"filterLogic": "[odi_walking] = 2"}, "filterLogic"),
        ({"dateRangeBegin": "yesterday"}, "dateRangeBegin is written as"),
        ({"dateRangeEnd": "2026-02-30 10:00:00"}, "dateRangeEnd is written as"),
        ({"data": '[{"record_id": "1"}]'}, "nothing is imported"),
        ({"action": "delete"}, "nothing is imported"),
        ({"content": "exportFieldNames", "field": "flying"}, "no field flying"),
    ],
)
def test_what_cannot_be_given_is_refused_in_redcaps_way(ask: Ask, parts: dict[str, str], says: str) -> None:
    csv_too = parts | {"csvDelimiter": parts.get("csvDelimiter", ","), "returnFormat": "json"}
    if "csvDelimiter" in parts:
        csv_too["format"] = "csv"
    answer = ask(**{"content": "record", **csv_too})
    assert (answer.status_code, list(answer.get_json())) == (400, ["error"])
    assert says in answer.get_json()["error"]
    plain = ask(**{"content": "record", **csv_too, "returnFormat": "csv"})
    assert (plain.status_code, plain.mimetype, plain.text[:7]) == (400, "text/plain", "ERROR: ")


@pytest.mark.parametrize("wrong", ["", "x", "0" * 32, "G" * 32, "svar_0", "\u0660" * 32, "0" * 31, "0" * 33])
def test_a_wrong_token_is_told_what_redcap_tells(app: Flask, token: str, wrong: str) -> None:
    answer = visitor(app).post("/api/redcap/", data={"token": wrong, "content": "record", "format": "json"})
    assert (answer.status_code, answer.get_json()) == (403, {"error": "You do not have permissions to use the API"})


def test_a_token_may_be_written_small(ask: Ask, token: str) -> None:
    assert token == token.upper()
    assert ask("version", token=token.lower()).text == "14.0.0"


@pytest.mark.parametrize(
    ("role", "permission", "at_site", "bound", "says"),
    [
        (Role.STATISTICIAN, Permission.VIEW_COMPLIANCE, None, "study", "not issued for: download export"),
        (Role.COORDINATOR, Permission.DOWNLOAD_EXPORT, None, "study", "does not include: download export"),
        (Role.STATISTICIAN, Permission.DOWNLOAD_EXPORT, "01", "study", "holds all sites"),
        (Role.STATISTICIAN, Permission.DOWNLOAD_EXPORT, None, "site", "holds all sites"),
        (Role.STATISTICIAN, Permission.DOWNLOAD_EXPORT, None, "nothing", "--study"),
    ],
)
def test_only_a_token_of_one_studys_whole_export_reads_it(
    app: Flask, study: Study, session: Session, ask: Ask, role: Role, permission: Permission, at_site: str | None,
    bound: str, says: str,
) -> None:  # fmt: skip
    row, text = tokens.issue(user(study, role, at_site), [permission], NOW + timedelta(days=9), NOW, redcap=True)
    if bound != "nothing":
        bind(row, study, site(study, "01") if bound == "site" else None)
    session.commit()
    answer = ask("record", token=text)
    assert (answer.status_code, says in answer.get_json()["error"]) == (403, True), answer.text


def test_looking_by_address_alone_is_not_how_it_is_asked(app: Flask, token: str) -> None:
    assert visitor(app).get(f"/api/redcap/?token={token}&content=record").status_code == 405


def test_it_has_its_requests_a_minute(app: Flask, study: Study, session: Session, ask: Ask) -> None:
    who, until = user(study, Role.STATISTICIAN), NOW + timedelta(days=9)
    row, text = tokens.issue(who, [Permission.DOWNLOAD_EXPORT], until, NOW, redcap=True, per_minute=2)
    bind(row, study)
    session.commit()
    assert [ask("version", token=text).status_code for _ in range(3)] == [200, 200, 429]
    assert int(ask("version", token=text).headers["Retry-After"]) >= 1


def test_such_a_token_is_issued_for_one_study(app: Flask, study: Study, session: Session) -> None:
    someone = user(study, Role.STATISTICIAN, email="kari@hospital.example")
    session.commit()
    may = ("api", "issue", someone.email, "--may", "download export", "--redcap")
    assert "of one" in command(app, *may).output
    issued = command(app, *may, "--study", study.code).stdout.strip()
    assert (len(issued), issued, int(issued, 16) > 0) == (32, issued.upper(), True)
    assert Program(app, issued).get("/studies").status_code == 401


def test_the_dictionary_says_how_each_field_is_answered(ask: Ask) -> None:
    rows = {row["field_name"]: row for row in ask("metadata").get_json()}
    assert next(iter(rows)) == "record_id"
    walking, pain = rows["odi_walking"], rows["nrs_lbp_now"]
    assert (walking["field_type"], walking["form_name"]) == ("radio", "odi")
    assert [choice.split(",")[0] for choice in walking["select_choices_or_calculations"].split(" | ")] == list("012345")
    ends = ("text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max")
    assert [pain[name] for name in ends] == ["integer", "0", "10"]
    assert rows["odi_odi_score"]["field_annotation"].startswith("@READONLY")
    only = {row["form_name"] for row in ask("metadata", forms="odi").get_json()}
    assert only == {"odi"}
    assert [row["field_name"] for row in ask("metadata", fields="odi_walking").get_json()] == ["odi_walking"]


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


def test_a_study_of_very_many_fields_can_be_asked_for_each_by_name(ask: Ask) -> None:
    parts: dict[str, Any] = {f"fields[{number}]": "odi_walking" for number in range(1500)}
    assert {tuple(row) for row in records(ask, **parts)} == {("record_id", "redcap_event_name", "odi_walking")}


@pytest.mark.parametrize(
    ("content", "parts", "whose"),
    [
        ("record", {}, [(3, None)]),
        ("record", {"records": "01-010"}, [(1, "01-010")]),
        ("record", {"type": "eav", "records": "01-010"}, [(1, "01-010")]),
        ("metadata", {}, []),
        ("event", {}, []),
    ],
)
def test_records_that_are_given_are_on_the_record(
    content: str, parts: dict[str, str], whose: list[tuple[int, str | None]], ask: Ask, session: Session
) -> None:
    assert ask(content, **parts).status_code == 200
    query = select(RowsRead.participants, Participant.code).outerjoin(RowsRead.participant).order_by(RowsRead.id)
    assert [tuple(row) for row in session.execute(query)] == whose
