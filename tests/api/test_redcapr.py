"""What the functions of REDCapR send, parameter by parameter, and the columns that they read from the answers.

REDCapR itself is on CRAN alone; these are the requests of its version 1.6, form-encoded as httr sends them.
"""

import csv
import io
from typing import Any

import pytest

from tests.api.redcap_face import Ask, ask, token

__all__ = ["ask", "token"]
ONESHOT = {
    "format": "csv", "type": "flat", "rawOrLabel": "raw", "rawOrLabelHeaders": "raw", "exportCheckboxLabel": "false",
    "exportSurveyFields": "false", "exportDataAccessGroups": "false", "filterLogic": "", "dateRangeBegin": "",
    "dateRangeEnd": "", "exportBlankForGrayFormStatus": "FALSE",
}  # fmt: skip
"""What `redcap_read_oneshot` sends, and so each batch of `redcap_read`."""
EAV = ONESHOT | {"type": "eav"}
D0 = {"events": "d0_arm_1", "records": "01-010"}
PROJECT = (
    "project_id", "project_title", "creation_time", "production_time", "in_production", "project_language", "purpose",
    "purpose_other", "project_notes", "custom_record_label", "secondary_unique_field", "is_longitudinal",
    "has_repeating_instruments_or_events", "surveys_enabled", "scheduling_enabled", "record_autonumbering_enabled",
    "randomization_enabled", "ddp_enabled", "project_irb_number", "project_grant_number", "project_pi_firstname",
    "project_pi_lastname", "display_today_now_button", "missing_data_codes", "external_modules",
    "bypass_branching_erase_field_prompt",
)  # fmt: skip
"""The columns whose types `redcap_project_info_read` says beforehand."""


def table(ask: Ask, content: str, body: dict[str, str]) -> list[dict[str, str]]:
    answer = ask(content, **body)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(
    ("changes", "columns", "cells"),
    [
        ({"fields": "odi_walking"}, ["odi_walking"], {"odi_walking": "2"}),
        ({"fields": "record_id,odi_walking"}, ["odi_walking"], {"record_id": "01-010"}),
        ({"fields": "odi_odi_score", "forms": "participant"}, ["site", "odi_odi_score"], {"odi_odi_score": "40"}),
        ({"fields": "odi_complete", "rawOrLabel": "label"}, ["odi_complete"], {"odi_complete": "Complete"}),
        ({"fields": "odi_complete", "exportCheckboxLabel": "true"}, ["odi_complete"], {"odi_complete": "2"}),
        ({"fields": "odi_walking", "exportDataAccessGroups": "true"}, ["redcap_data_access_group"], {}),
        ({"forms": "odi", "exportSurveyFields": "true"}, ["odi_timestamp"], {"odi_timestamp": "2026-02-28 11:30:00"}),
        ({"fields": "sick_leave_complete", "exportBlankForGrayFormStatus": "TRUE"}, ["sick_leave_complete"],
         {"sick_leave_complete": ""}),
        ({"fields": "odi_walking", "dateRangeBegin": "2026-02-01 00:00:00", "dateRangeEnd": "2026-03-01 00:00:00"},
         ["odi_walking"], {"odi_walking": "2"}),
    ],
    ids=range(9),
)  # fmt: skip
def test_redcap_read_oneshot_gets_the_columns_that_it_asks_for(
    ask: Ask, changes: dict[str, str], columns: list[str], cells: dict[str, str]
) -> None:
    (row,) = table(ask, "record", ONESHOT | D0 | changes)
    assert set(columns) <= row.keys()
    assert {name: row[name] for name in cells} == cells
    assert list(row)[:2] == ["record_id", "redcap_event_name"]


def test_redcap_read_asks_for_the_pseudonyms_first_and_then_batch_by_batch(ask: Ask) -> None:
    book = table(ask, "metadata", {"format": "csv"})
    ids = [row["record_id"] for row in table(ask, "record", ONESHOT | {"fields": book[0]["field_name"]})]
    people = sorted(set(ids))
    together = table(ask, "record", ONESHOT)
    batches = [table(ask, "record", ONESHOT | {"records": ",".join(people[at : at + 2])}) for at in (0, 2)]
    assert [row for batch in batches for row in batch] == together
    assert {row["record_id"] for row in together} == set(people)


@pytest.mark.parametrize(
    ("content", "body", "columns", "first"),
    [
        ("metadata", {"forms": "", "fields": ""}, ["field_name", "form_name", "field_type"],
         {"field_name": "record_id", "form_name": "participant"}),
        ("metadata", {"forms": "odi"}, ["text_validation_type_or_show_slider_number"], {"form_name": "odi"}),
        ("exportFieldNames", {}, ["original_field_name", "choice_value", "export_field_name"],
         {"original_field_name": "record_id"}),
        ("instrument", {}, ["instrument_name", "instrument_label"], {"instrument_name": "participant"}),
        ("event", {}, ["event_name", "arm_num", "unique_event_name", "custom_event_label", "event_id"],
         {"unique_event_name": "enrolment_arm_1"}),
        ("formEventMapping", {"arms": ""}, ["arm_num", "unique_event_name", "form"], {"form": "participant"}),
        ("formEventMapping", {"arms": "1"}, ["arm_num", "unique_event_name", "form"], {"arm_num": "1"}),
        ("formEventMapping", {"arms": "1,2"}, ["arm_num", "unique_event_name", "form"], {"arm_num": "1"}),
        ("arm", {}, ["arm_num", "name"], {"arm_num": "1"}),
        ("dag", {}, ["data_access_group_name", "unique_group_name", "data_access_group_id"], {}),
        ("project", {}, list(PROJECT), {"is_longitudinal": "1", "has_repeating_instruments_or_events": "0"}),
        ("record", EAV, ["record", "redcap_event_name", "field_name", "value"], {}),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_redcapr_reads_of_the_project_has_the_columns_whose_types_it_says(
    ask: Ask, content: str, body: dict[str, Any], columns: list[str], first: dict[str, str]
) -> None:
    row = table(ask, content, {"format": "csv"} | body)[0]
    assert set(columns) <= row.keys()
    assert {name: row[name] for name in first} == first


@pytest.mark.parametrize("arms", [{"arms": "2"}, {"arms[0]": "2"}, {"arms[]": "7"}])
@pytest.mark.parametrize(
    ("content", "head"),
    [("formEventMapping", "arm_num,unique_event_name,form"), ("arm", "arm_num,name")],
)
def test_an_arm_that_there_is_not_has_a_heading_and_no_row(
    ask: Ask, content: str, head: str, arms: dict[str, str]
) -> None:
    assert ask(content, format="csv", **arms).text == f"{head}\n"
    assert ask(content, **arms).get_json() == []


def test_redcap_version_reads_a_text(ask: Ask) -> None:
    answer = ask("version", format="csv")
    assert (answer.text, answer.mimetype) == ("14.0.0", "text/plain")


@pytest.mark.parametrize("content", ["repeatingFormsEvents", "user", "log", "file", "survey"])
def test_what_redcapr_can_ask_for_and_is_not_here_is_refused_with_a_sentence(ask: Ask, content: str) -> None:
    answer = ask(content, format="csv")
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text.startswith("ERROR: content is one of: arm, dag, event, exportFieldNames,")
