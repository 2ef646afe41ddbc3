"""The commands of the demonstration: what they refuse, and what they leave alone."""

from pathlib import Path

import pytest
from flask import Flask

from tests.factories import command


@pytest.mark.parametrize("name", ["thesis.docx", "figure.svg", "summary.json.bak", ".ssh"])
def test_a_rehearsal_empties_no_folder_that_holds_something_else(app: Flask, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "summary.json").touch()
    done = command(app, "rehearse", "--folder", str(tmp_path))
    assert (done.exit_code, f"{tmp_path} holds {name}, which no rehearsal made" in done.output) == (1, True)
    assert {one.name for one in tmp_path.iterdir()} == {name, "summary.json"}


@pytest.mark.parametrize("day", ["-1", "3651", "99999999999999999999", "154.5", "x"])
def test_a_link_is_asked_for_by_a_study_day(app: Flask, day: str) -> None:
    done = command(app, "sandbox", "link", "--day", day)
    assert (done.exit_code, "Invalid value for '--day'" in done.output) == (2, True)


def test_a_day_that_nobody_waits_for_is_said(app: Flask) -> None:
    done = command(app, "sandbox", "link", "--day", "7")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "No visit of day 7 of a demonstration study is open now." in done.output
