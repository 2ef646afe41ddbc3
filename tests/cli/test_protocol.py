"""`flask protocol`: a cohort on paper, what an amendment changes, and who moves to it."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.time import moved_clock
from app.participants.models import Participant
from app.studies.models import Protocol, StudyState
from tests.example import example
from tests.factories import command
from tests.messages.people import BEFORE, PROTOCOL, cohort
from tests.studies.protocol.test_text_lengths import changed

AMENDED = (
    PROTOCOL.read_text("utf-8").replace('version: "1.0"', 'version: "1.1"').replace("daily_cap: 500", "daily_cap: 9")
)


@pytest.fixture
def amended(tmp_path: Path) -> str:
    path = tmp_path / "amended.yaml"
    path.write_text(AMENDED, "utf-8")
    return str(path)


def run(app: Flask, *arguments: str, ends: int = 0) -> str:
    done = app.test_cli_runner().invoke(args=["protocol", *arguments])
    assert done.exit_code == ends, done.output
    return done.output


def test_questionnaires_that_lie_beside_a_protocol_count_on_paper_and_are_installed_before_it(
    app: Flask, session: Session
) -> None:
    knee = Path(__file__).parents[2] / "examples" / "knee"
    file = str(knee / "protocol.yaml")
    assert run(app, "check", file).endswith("knee 1 is in order: 35 visits.\n")
    assert "Nothing changes." in run(app, "diff", file, file)
    assert run(app, "simulate", file, "--participants", "3").startswith("3 participants, ")
    assert "there is no instrument `knee_life`" in run(app, "install", file, "--as", "somebody", ends=1)
    for folder in sorted((knee / "instruments").iterdir()):
        assert command(app, "instrument", "install", str(folder)).exit_code == 0
    assert "knee has version 1." in run(app, "install", file)


def test_a_simulation_tells_load_cost_and_what_is_worth_a_look(app: Flask, amended: str) -> None:
    options = ("--participants", "12", "--seed", "1", "--start", "2027-01-01", "--price", "0.10")
    output = run(app, "simulate", amended, *options)
    lines = run(app, "simulate", amended, *options, "--list").splitlines()
    sent = [line for line in lines[1:] if line.split(",")[4]]
    assert f"12 participants, {len(sent)} texts, {len(sent)} segments, {len(sent) / 10:.2f} at 0.1 each." in output
    assert len(lines) == 1 + 12 * 18 * 3
    for part in ("Load by hour of the day: 09:00", "Busiest hours: 2027", "Moved by holidays or quiet hours:",
                 "On public holidays", "On days on which clocks change:", "Days on which somebody gets more than one",
                 "Note: Visits d28 and d35 are both open"):  # fmt: skip
        assert part in output


def test_a_simulation_says_once_for_each_number_of_texts_a_day_how_many_such_days_there_are(
    app: Flask, tmp_path: Path
) -> None:
    knee = str(Path(__file__).parents[2] / "examples" / "knee" / "protocol.yaml")
    options = ("--participants", "10", "--start", "2027-01-01")
    rows = [row.split(",") for row in run(app, "simulate", knee, *options, "--list").splitlines()[1:]]
    days = Counter((int(row[0]), row[4][:10]) for row in rows if row[4])
    expected = [f"Days on which somebody gets more than one text: {sum(count > 1 for count in days.values())}"]
    for texts in sorted(set(days.values()) - {1}):
        alike = sorted(day for day, count in days.items() if count == texts)
        people, (first, day) = len({person for person, _ in alike}), alike[0]
        expected.append(
            f"  {texts} texts: {len(alike)} (of {people} participants), such as participant {first} on {day}"
        )
    output = run(app, "simulate", knee, *options).splitlines()
    at = output.index(expected[0])
    assert output[at : at + len(expected)] == expected
    assert not any(line.startswith("  ") for line in output[at + len(expected) :])
    assert len(expected) > 1


def test_a_simulation_says_nothing_of_holidays_where_texts_are_sent_on_all_days(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "protocol.yaml"
    file.write_text(example({"holidays: wait": "holidays: send"}), "utf-8")
    output = run(app, "simulate", str(file), "--participants", "3", "--start", "2027-01-01")
    assert "holidays" not in output
    assert "Moved by quiet hours: " in output


def test_installing_an_amendment_does_not_change_the_state_unsaid(session: Session, app: Flask, amended: str) -> None:
    study = cohort(1)[0].study
    session.commit()
    output = run(app, "install", amended, "--state", "closed", ends=1)
    assert f"{study.code} is in state live. Install without --state, then: flask protocol state" in output
    assert session.scalars(select(Protocol.version)).all() == ["1.0"]


def test_everybody_moves_to_an_amendment_and_each_is_named(session: Session, app: Flask, amended: str) -> None:
    people = cohort(2)
    study = people[0].study.code
    people[0].study.state = StudyState.DEMO  # a live study would ask for the licensed words first
    session.commit()
    assert "sending.daily_cap: setting changed: 500 -> 9" in run(app, "diff", str(PROTOCOL), amended)
    assert "0 coming texts of 0 participants would change (hours of the participants)." in run(
        app, "diff", str(PROTOCOL), amended, "--study", study
    )
    run(app, "install", amended)
    assert "Error: Invalid value for '--reason'" in run(app, "move", study, "1.1", "01-001", "--reason", " ", ends=2)
    assert "Error: Name the participants" in run(app, "move", study, "1.1", "--reason", "amendment", ends=2)
    output = run(app, "move", study, "1.1", "--everybody", "--reason", "amendment")
    assert output == "01-001: 1.0 -> 1.1\n01-002: 1.0 -> 1.1\n2 participants follow 1.1 from now on.\n"
    session.expire_all()
    versions = select(Protocol.version).join(Participant, Participant.protocol_id == Protocol.id)
    assert session.scalars(versions).all() == ["1.1", "1.1"]
    assert "Error: backtobasic has no version 9." in run(app, "move", study, "9", "01-001", "--reason", "x", ends=1)


def test_a_comparison_of_equals_or_of_two_studies_says_so(app: Flask, amended: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(AMENDED.replace("study: backtobasic", "study: another"), "utf-8")
    assert run(app, "diff", amended, amended) == "Nothing changes.\n"
    output = run(app, "diff", amended, str(other), ends=1)
    assert output == "Error: These are protocols of two studies, backtobasic and another.\n"


def test_the_effect_of_an_amendment_is_told_in_local_hours(session: Session, app: Flask, tmp_path: Path) -> None:
    code = cohort(1, day=date(2026, 12, 1))[0].study.code
    session.commit()
    later = tmp_path / "later.yaml"
    later.write_text(AMENDED.replace('{day: 2, at: "12:00"}', '{day: 2, at: "13:00"}'), "utf-8")
    with moved_clock(lambda: BEFORE):
        output = run(app, "diff", str(PROTOCOL), str(later), "--study", code).splitlines()
    assert "01-001   d7     reminder-2  2026-12-10 12:00 -> 2026-12-10 13:00" in output
    assert output[-1] == "11 coming texts of 1 participants would change (hours of the participants)."


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        (("--start", "9999-12-01"), 1, "Let day 0 lie between 1900-01-01 and 2999-12-31."),
        (("--start", "soon"), 2, "Invalid value for '--start': 'soon' does not match the format '%Y-%m-%d'."),
        (("--price", "-1"), 2, "Invalid value for '--price': -1.0 is not in the range 0<=x<=1000."),
        (("--participants", "0"), 2, "Invalid value for '--participants': 0 is not in the range 1<=x<=10000."),
    ],
)
def test_a_simulation_refuses_what_cannot_be(
    app: Flask, amended: str, wrong: tuple[str, str], status: int, words: str
) -> None:
    done = app.test_cli_runner().invoke(args=["protocol", "simulate", amended, *wrong])
    assert done.exit_code == status
    assert f"Error: {words}\n" in done.output


def test_the_check_of_a_file_shows_what_any_letter_costs(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "protocol.yaml"
    file.write_text(changed("encoding: ucs2"), "utf-8")
    output = run(app, "check", str(file))
    assert "Note: The text `test` in en takes 53 places of UCS-2: 1 SMS." in output
