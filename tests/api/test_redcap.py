"""The REDCap face: PyCap reads a study without knowing what it speaks to; who may ask, and what cannot be given."""

import csv
import io
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from redcap.project import Project
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from app.exports.models import RowsRead
from app.participants.models import Participant
from app.studies.access import bind
from app.studies.installing import site
from app.studies.models import Study
from tests.api.conftest import Program
from tests.api.redcap_face import Ask, records
from tests.api.redcap_face import ask as ask
from tests.api.redcap_face import project as project
from tests.api.redcap_face import token as token
from tests.exports.builders import NAME, ODI, PHONE
from tests.exports.conftest import NOW
from tests.factories import command, user, visitor


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
