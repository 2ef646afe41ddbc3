"""The commands of the demonstration: what they refuse, and what they leave alone."""

import re
import socket
from dataclasses import replace
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from click import ClickException
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from app.analysis import report
from app.cli.rehearse import check_folder
from app.config import Settings
from app.rehearsal import stage
from tests.factories import command


@pytest.mark.parametrize("name", ["thesis.docx", "figure.svg", "figure.csv", "events.svg", "summary.json.bak", ".ssh"])
def test_a_rehearsal_empties_no_folder_that_holds_something_else(app: Flask, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "summary.json").touch()
    done = command(app, "rehearse", "--folder", str(tmp_path))
    assert (done.exit_code, f"{tmp_path} holds {name}, which no rehearsal made" in done.output) == (1, True)
    assert {file.name for file in tmp_path.iterdir()} == {name, "summary.json"}


WRITTEN = re.compile(r"""picture\(\s*results, f?"([^"]+)"|results\.out / f?"([^"]+)\"""")


def written_by_the_report() -> set[str]:
    """The names of the files beside a report's page, as its sections write them."""
    sections = (file.read_text("utf-8") for file in Path(report.__file__).parent.glob("*.py"))
    matches = [match.groups() for text in sections for match in WRITTEN.finditer(text)]
    names = {file or f"{picture}.svg" for picture, file in matches} - {"{name}.svg", "{name}.csv"}
    return {re.sub(r"\{[^}]+\}", "1", name) for name in names}


def test_a_rehearsal_takes_the_place_of_an_earlier_one_with_all_that_its_report_wrote(tmp_path: Path) -> None:
    names = {"report.html", "results.csv", "summary.json", *written_by_the_report()}
    assert {"flow.svg", "primary.svg", "tipping.svg", "curve_1.svg", "profile_1.csv", "events.csv"} < names
    for name in names:
        (tmp_path / name).touch()
    check_folder(tmp_path)
    (tmp_path / "figure.svg").touch()
    with pytest.raises(ClickException, match=r"holds figure\.svg, which no rehearsal made"):
        check_folder(tmp_path)


@pytest.fixture
def unbegun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be emptied."""
    monkeypatch.setattr(stage, "rehearse", lambda *_: pytest.fail("the rehearsal began"))


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_emptied(
    app: Flask, tmp_path: Path, unbegun: None, where: str
) -> None:
    (tmp_path / "file").touch()
    done = command(app, "rehearse", "--folder", str(tmp_path / where))
    assert (done.exit_code, "The disk said: " in done.output) == (1, True)


def test_a_second_rehearsal_leaves_the_first_alone(app: Flask, tmp_path: Path, unbegun: None) -> None:
    settings: Settings = app.extensions["settings"]
    name = make_url(settings.database_url).database
    settings.instance.mkdir(exist_ok=True)
    with (settings.instance / f"rehearsal-{name}.lock").open("w", encoding="utf-8") as held:
        flock(held, LOCK_EX)
        done = command(app, "rehearse", "--serve", "--folder", str(tmp_path))
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "Another rehearsal, or its demo, is at work in this database; end it first" in done.output


LISTENING = [
    ("http://127.0.0.1:8001", ("127.0.0.1", 8001)),
    ("http://localhost", ("localhost", 80)),
    ("https://svar.example.org/a", ("svar.example.org", 443)),
]


@pytest.mark.parametrize(("base", "where"), LISTENING)
def test_the_demo_listens_where_its_links_lead(settings: Settings, base: str, where: tuple[str, int]) -> None:
    assert stage.listening(replace(settings, public_base_url=base)) == where


def test_an_occupied_port_is_told_before_anything_is_emptied(app: Flask, tmp_path: Path, unbegun: None) -> None:
    settings: Settings = app.extensions["settings"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        app.extensions["settings"] = replace(settings, public_base_url=f"http://127.0.0.1:{port}")
        try:
            done = command(app, "rehearse", "--serve", "--folder", str(tmp_path))
        finally:
            app.extensions["settings"] = settings
    assert (done.exit_code, f"Port {port} is in use; stop what uses it" in done.output) == (1, True)


@pytest.mark.parametrize("day", ["-1", "3651", "99999999999999999999", "154.5", "x"])
def test_a_link_is_asked_for_by_a_study_day(app: Flask, day: str) -> None:
    done = command(app, "sandbox", "link", "--day", day)
    assert (done.exit_code, "Invalid value for '--day'" in done.output) == (2, True)


def test_a_day_that_nobody_waits_for_is_said(app: Flask) -> None:
    done = command(app, "sandbox", "link", "--day", "7")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "No visit of day 7 of a demonstration study is open now." in done.output


def test_a_study_that_is_not_there_is_named(app: Flask, session: Session) -> None:
    done = command(app, "sandbox", "link", "--study", "nowhere")
    assert (done.exit_code, done.output) == (1, "Error: There is no study nowhere; installed: none yet.\n")
