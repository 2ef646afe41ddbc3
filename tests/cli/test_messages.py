"""What will go out is told for one study, or for every one."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core.time import moved_clock
from app.messages import breaker
from app.messages.queueing.prompts import queue_prompts
from app.participants.enrolment import withdraw
from tests.messages.people import INVITED, PROTOCOL, answered, cohort, minutes, only, visit


def test_what_goes_out_is_told_of_one_study_or_of_all(session: Session, app: Flask) -> None:
    study = cohort(1)[0].study.code
    session.commit()
    runner = app.test_cli_runner()
    of_all = runner.invoke(args=["messages", "upcoming", "--days", "7"])
    of_one = runner.invoke(args=["messages", "upcoming", study, "--days", "7"])
    assert of_all.exit_code == of_one.exit_code == 0
    assert of_all.output == of_one.output
    assert of_one.output.endswith("texts in 7 days.\n")


def test_what_the_gate_would_stop_is_not_foretold(session: Session, app: Flask) -> None:
    """Queued, and then one withdrew and one answered: neither gets it, so neither is told of."""
    people = cohort(3)
    for participant in people:
        only(participant, "d7")
    queue_prompts(INVITED)
    withdraw(people[0], "no reason given", INVITED)
    answered(visit(people[1], "d7"), INVITED)
    session.commit()
    with moved_clock(lambda: INVITED):
        output = app.test_cli_runner().invoke(args=["messages", "upcoming", "--days", "1"]).output
    assert output.splitlines() == [
        "Tue 22.09.2026 09:00  01-003   d7     invitation  in the queue", "backtobasic: 1 texts in 1 days.",
    ]  # fmt: skip


def test_what_holds_texts_back_is_told_with_them(session: Session, app: Flask) -> None:
    for participant in cohort(3, text=PROTOCOL.read_text("utf-8").replace("daily_cap: 500", "daily_cap: 2")):
        only(participant, "d7")
    breaker.hold("a drill", INVITED)
    session.commit()
    with moved_clock(lambda: INVITED - minutes(5)):
        output = app.test_cli_runner().invoke(args=["messages", "upcoming", "--days", "1"]).output.splitlines()
    assert output[-3:] == [
        "backtobasic: 3 texts in 1 days.",
        "2026-09-22: 3 texts are more than the daily cap; the others wait until the next day.",
        "Held back now: a drill.",
    ]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("cancel", "backtobasic", "01-001", "d7", "reminder-10"), "Only an invitation or a reminder can be changed"),
        (("cancel", "backtobasic", "01-001", "d8", "invitation"), "01-001 has no visit d8."),
        (("cancel", "backtobasic", "09-001", "d7", "invitation"), "Nobody in backtobasic has the code 09-001."),
        (("bring-forward", "nothing", "01-001", "d7", "invitation"), "There is no study nothing"),
        (("bring-forward", "backtobasic", "01-001", "d14", "invitation"), "The visit is not open"),
        (("reissue", "backtobasic", "01-001", "d14"), "A new link is sent only while the visit's window is open."),
    ],
)
def test_a_text_that_is_not_there_is_refused_in_words(
    session: Session, app: Flask, wrong: tuple[str, ...], sentence: str
) -> None:
    cohort(1)
    session.commit()
    with moved_clock(lambda: INVITED):
        done = app.test_cli_runner().invoke(args=["messages", *wrong, "--reason", "a try"])
    assert done.exit_code == 1, done.output
    assert done.output.startswith(f"Error: {sentence}")


def test_a_reason_says_something(session: Session, app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["messages", "hold", "--because", " "])
    assert (done.exit_code, "say why, in a few words" in done.output) == (2, True)
    assert breaker.halts() == ()
