"""BackToBasic's protocol is the trial's published timetable, and reads without a remark."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path

import pytest
import yaml

from app.studies.protocol import Protocol, ReminderPlan, Window, from_dict, read_protocol
from app.studies.texts import longest, render, segments
from tests.some import some

EXAMPLE = Path("examples/backtobasic/protocol.yaml")

WEEKLY = [7 * week for week in range(1, 15)]
LARGE = [0, 56, 154, 278]
FUNCTION = [0, 28, 56, 91, 120, 154, 278]

# Gjefsen et al., BMC Musculoskelet Disord 2020;21:698, Table 3; "weekly" is every week from day 7 to the last infusion.
TIMETABLE = [
    ("odi", FUNCTION),
    ("nrs_lbp", [0, 154, 278]),
    ("nrs_lbp_week", WEEKLY),
    ("rmdq", LARGE),
    ("nrs_leg", LARGE),
    ("hours_lbp", LARGE),
    ("wellbeing", LARGE),
    ("sick_leave", FUNCTION),
    ("cointerventions", FUNCTION),
    ("medication", FUNCTION),
    ("satisfaction", LARGE),
    ("gpe", LARGE),
    ("eq5d5l", LARGE),
    ("hscl25", [0]),
    ("fabq", [0]),
    ("shc", [0]),
    ("background", [0]),
    ("perceived_treatment", [7, 56, 154, 278]),
]


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(EXAMPLE, [code for code, _ in TIMETABLE], ["hscl25"])


@pytest.mark.parametrize(("instrument", "days"), TIMETABLE)
def test_each_questionnaire_is_asked_on_the_published_days(
    protocol: Protocol, instrument: str, days: list[int]
) -> None:
    assert [visit.day for visit in protocol.visits if instrument in visit.instruments] == days


def test_there_are_18_visits_named_for_their_days(protocol: Protocol) -> None:
    assert [visit.day for visit in protocol.visits] == [0, *WEEKLY, 120, 154, 278]
    assert [visit.code for visit in protocol.visits] == [f"d{visit.day}" for visit in protocol.visits]


WINDOWS = [
    # days, opens, due, closes, with the infusion, grace
    ([0], -7, -1, 0, True, 1),
    ([day for day in WEEKLY if day not in (28, 56, 91)], 0, 0, 2, False, 1),
    ([28, 56, 91, 120], -2, 0, 7, False, 3),
    ([154], -7, 0, 14, False, 7),
    ([278], -14, 0, 21, False, 7),
]


@pytest.mark.parametrize(("days", "opens", "due", "closes", "at_anchor", "grace"), WINDOWS)
def test_windows_are_wide_where_the_visit_is_large(
    protocol: Protocol, days: list[int], opens: int, due: int, closes: int, at_anchor: bool, grace: int
) -> None:
    for window in some(visit.window for visit in protocol.visits if visit.day in days):
        assert window == Window(
            window.name, opens, due, closes, "first_infusion" if at_anchor else None, grace, window.reminders
        )


def test_every_window_reminds_twice(protocol: Protocol) -> None:
    assert [len(window.reminders) for window in protocol.windows] == [2] * 5
    assert protocol.visit("d7").window.reminders == (ReminderPlan(1, time(17)), ReminderPlan(2, time(12)))


def test_who_and_where(protocol: Protocol) -> None:
    assert (protocol.study, protocol.version, protocol.country, protocol.zone) == (
        "backtobasic",
        "1.0",
        "NO",
        "Europe/Oslo",
    )
    assert [site.code for site in protocol.sites] == ["01", "02", "03", "04", "05"]
    assert protocol.site("04").phone == "+4721234564"
    assert (protocol.languages, protocol.default_language) == (("nb", "en"), "nb")
    assert protocol.anchor in protocol.events


def test_every_text_is_one_sms_with_the_longest_sender_and_link(protocol: Protocol) -> None:
    for texts in some(protocol.messages.values()):
        for language, template in some(texts.items()):
            sender = longest([site.sender[language] for site in protocol.sites])
            length = segments(render(template, sender=sender, phone=protocol.sites[0].phone, link="x" * 64))
            assert (length.encoding, length.count) == ("GSM-7", 1)


def test_weekly_visits_overlap_the_end_of_the_wide_windows_and_it_is_said(protocol: Protocol) -> None:
    assert protocol.notes == (
        "Visits d28 and d35 are both open from day 35 to day 35.",
        "Visits d56 and d63 are both open from day 63 to day 63.",
        "Visits d91 and d98 are both open from day 98 to day 98.",
    )


def test_it_is_stored_as_json_and_comes_back_the_same(protocol: Protocol) -> None:
    stored = json.loads(json.dumps(protocol.to_dict()))
    assert from_dict(stored) == protocol
    assert from_dict(stored).sha256 == protocol.sha256


def test_a_database_that_sorts_names_changes_nothing(protocol: Protocol) -> None:
    stored = json.loads(json.dumps(protocol.to_dict(), sort_keys=True))
    assert from_dict(stored) == protocol
    assert from_dict(stored).sha256 == protocol.sha256


def test_what_is_stored_can_be_read_as_a_file(protocol: Protocol) -> None:
    written = yaml.safe_dump(protocol.to_dict(), allow_unicode=True, sort_keys=False)
    assert read_protocol(written, None, ["hscl25"]) == protocol


def test_the_fingerprint_is_of_the_content_and_not_of_the_file(protocol: Protocol) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    bare = "\n".join(line.partition(" # ")[0] for line in text.splitlines() if not line.startswith("#"))
    again = read_protocol(bare + "\n", None, ["hscl25"])
    moved = read_protocol(text.replace("{day: 2, at:", "{day: 2,  at:").replace("12:00", "13:00"), None, ["hscl25"])
    assert again.sha256 == protocol.sha256
    assert moved.sha256 != protocol.sha256
