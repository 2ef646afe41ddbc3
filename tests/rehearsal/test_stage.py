"""What somebody at the terminal reads when the trial was played, and where the demo is looked at."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.config import Settings
from app.messages import breaker
from app.messages.monitoring import holding
from app.rehearsal.patients import form
from app.rehearsal.stage import result_in_words, serve
from tests.factories import NOW, backtobasic, participant

SUMMARY: dict[str, Any] = {
    "participants": 128,
    "assessments": {"planned": 2304, "completed": 2000, "late": 60, "partial": 40, "missed": 150, "withdrawn": 54},
    "messages": {"owed": 3000, "delivered": 2900, "failed": 20, "suppressed": 70, "unknown": 4, "pending": 6},
    "primary": {"estimate": -8.124, "lower": -12.0, "upper": -4.25, "p": 0.0004, "true_difference": -8.0},
    "seconds": 91.6,
}


@pytest.mark.parametrize(
    ("true_difference", "covered"),
    [(-8.0, "covers"), (-12.0, "covers"), (-4.25, "covers"), (-12.01, "does not cover"), (-4.24, "does not cover")],
)
def test_the_result_says_whether_the_interval_covers_the_truth(true_difference: float, covered: str) -> None:
    primary = {**SUMMARY["primary"], "true_difference": true_difference}
    sentences = result_in_words({**SUMMARY, "primary": primary}, Path("/somewhere"))
    assert f"The interval {covered} the true difference of {true_difference:.2f}." in sentences


def test_the_result_tells_every_count_once() -> None:
    sentences = result_in_words(SUMMARY, Path("/somewhere"))
    assert (
        "128 participants, 2304 visits planned, 2000 completed, 60 late, 40 partly, 150 missed, 54 after" in sentences
    )
    assert "3000 texts owed: 2900 delivered, 20 failed, 70 suppressed, 4 unknown, 6 pending." in sentences
    assert "infliximab minus placebo: -8.12 (95 % -12.00 to -4.25), p = 0.000; negative favours" in sentences
    assert sentences.endswith("export/ (92 s).")


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({}, []),
        ({"odi": {"pain": 2, "sex_life": None}}, [("odi.pain", "2")]),
        ({"a": {"x": 0}, "b": {"y": "text"}}, [("a.x", "0"), ("b.y", "text")]),
    ],
)
def test_a_form_holds_what_was_answered_and_nothing_for_what_was_not(
    answers: dict[str, dict[str, object]], fields: list[tuple[str, str]]
) -> None:
    assert form(answers) == [("_mode", "self"), *fields]


class Ended:
    """A process of the demo that is over as soon as it began."""

    def __init__(self, *_: object, **__: object) -> None:
        self.terminate, self.poll = (lambda: None), (lambda: 0)

    def wait(self, timeout: int) -> int:
        return 0


def test_the_clock_of_a_demo_sends_since_it_knows_the_database_that_was_played(
    app: Flask, session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant(backtobasic())
    session.commit()
    assert "remembers nothing" in (holding.why_strange(holding.remembered(settings.instance), holding.life()) or "")
    monkeypatch.setattr(subprocess, "Popen", Ended)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    serve(settings, {})
    assert not holding.hold_if_strange(settings.instance, NOW)
    assert breaker.holds() == {}
