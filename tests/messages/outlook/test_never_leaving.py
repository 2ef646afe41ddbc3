"""A text that can never leave is told when the protocol is checked, with its line, and by the dry run."""

from pathlib import Path

import pytest
from flask import Flask

from app.messages.outlook.never_leaving import never_leaving
from app.studies.protocol import read_protocol
from tests.example import BACKTOBASIC
from tests.studies.protocol.second import second

EVENING = '  - {code: evening, days: 1-14, at: "19:30", window: diary, minutes: 1, instruments: [nrs_lbp]}\n'
HOURS = "(texts leave from 07:00 to 20:00)"
SHUT, SOON = "the window closes before a text may ring again", "it comes too soon after the text before it"
OWN = "minutes: 1, instruments: [nrs_lbp]}\n"


@pytest.mark.parametrize(
    ("written", "never"),
    [
        pytest.param(
            EVENING, [("reminder-1", "evening-1", SHUT)], id="an hourly reminder after latest on the last day"
        ),
        pytest.param(EVENING.replace("19:30", "17:30"), [], id="one that rings before latest"),
        pytest.param(
            EVENING.replace("19:30", "18:00"), [("reminder-1", "evening-1", SHUT)], id="one at the very hour of latest"
        ),
        pytest.param(EVENING.replace("19:30", "17:59"), [], id="and a minute before it"),
        pytest.param(
            '  - {code: two, at: ["08:00", "19:30"], window: diary, ' + OWN,
            [("reminder-1", "two-2", SHUT)],
            id="of several hours a day, that of which it is true",
        ),
        pytest.param(
            '  - {code: long, at: "19:30", closes: +14h, reminders: [{day: 2h}], ' + OWN,
            [],
            id="one that waits for the morning",
        ),
        pytest.param(
            '  - {code: shut, at: "19:30", closes: +11h, reminders: [{day: 2h}], ' + OWN,
            [("reminder-1", "shut", SHUT)],
            id="one whose window closes before quiet hours end",
        ),
        pytest.param(
            '  - {code: soon, closes: 1d, reminders: [{day: 0, at: "11:00"}], ' + OWN,
            [("reminder-1", "soon", SOON)],
            id="two hours after the invitation, by the day",
        ),
        pytest.param(
            '  - {code: chance, random: {earliest: "18:30", latest: "19:30"}, window: diary, ' + OWN,
            [("reminder-1", "chance", SHUT)],
            id="at every hour of a stretch",
        ),
        pytest.param(
            '  - {code: chance, random: {earliest: "16:30", latest: "19:30"}, window: diary, ' + OWN,
            [],
            id="at some hours of a stretch alone",
        ),
        pytest.param(
            "  - {code: hours, after: flare, day: 6h, closes: +30h, reminders: [{day: 2h}], " + OWN,
            [],
            id="counted from an event of any hour",
        ),
        pytest.param("  - {code: staff, opened_by: staff, closes: 1d, " + OWN, [], id="opened by staff"),
    ],
)
def test_what_can_never_leave_is_told(written: str, never: list[tuple[str, str, str]]) -> None:
    protocol = read_protocol(second((EVENING, written)))
    assert list(map(str, never_leaving(protocol))) == [
        f"The {kind} of {visit} can never leave: {because} {HOURS}." for kind, visit, because in never
    ]


def test_of_the_example_every_text_can_leave() -> None:
    assert list(never_leaving(read_protocol(BACKTOBASIC))) == []


def test_the_check_tells_it_with_its_line_and_the_dry_run_too(app: Flask, tmp_path: Path) -> None:
    text = second()
    file = tmp_path / "protocol.yaml"
    file.write_text(text, "utf-8")
    sentence = f"The reminder-1 of evening-1 can never leave: {SHUT} {HOURS}."
    line = 1 + next(place for place, written in enumerate(text.splitlines()) if "reminders: [{day: 2h}]" in written)
    runner = app.test_cli_runner()
    checked = runner.invoke(args=["protocol", "check", str(file)]).output
    assert f"Note: line {line}: {sentence}\n" in checked
    assert "is in order" in checked
    dry_run = runner.invoke(args=["protocol", "simulate", str(file), "--participants", "1"]).output
    assert f"Note: {sentence}\n" in dry_run
