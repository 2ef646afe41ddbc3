"""`flask study new` writes a folder that passes its checks, and that a rehearsal reads."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from flask import Flask

from app.rehearsal.own.folder import check_events, read_study_folder
from app.studies.protocol import read_protocol
from tests.factories import command

ALL = {
    "code": "hip", "title": "My study", "languages": "en", "country": "NO", "zone": "Europe/Oslo", "sites": "One",
    "sender": "The research team", "phone": "21 23 45 61", "anchor": "surgery", "every": "4w", "until": "12w",
    "instruments": "gpe", "participants": "5",
}  # fmt: skip


def asked(
    app: Flask, folder: Path, changes: Mapping[str, str] = MappingProxyType({}), ends: int = 0, typed: str | None = None
) -> str:
    options = [part for name, value in {**ALL, **changes}.items() for part in (f"--{name}", value)]
    done = command(app, "study", "new", str(folder), *([] if typed is not None else options), typed=typed)
    assert done.exit_code == ends, done.output
    return done.output


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": 'The "hip": 50 % {more} \\ #1'},
        {"languages": "nb, en", "sites": "Norra, Södra, Øst: “3”"},
        {"languages": "nn,nb,en", "instruments": "gpe", "sender": "Forskarane"},
        {"country": "SE", "zone": "Europe/Stockholm", "phone": "08-123 456 78", "instruments": "gpe,nrs_leg"},
        {"instruments": "hscl25"},
        {"every": "3m", "until": "5y"},
        {"every": "1d", "until": "7d"},
        {"every": "7d", "until": "28d", "anchor": "first_dose"},
        {"every": "1y", "until": "9y"},
    ],
    ids=lambda changes: " ".join(changes) or "as proposed",
)
def test_the_folder_passes_its_checks_whatever_was_answered(
    app: Flask, tmp_path: Path, changes: dict[str, str]
) -> None:
    said = asked(app, tmp_path / "hip", changes)
    assert "passes its checks" in said
    plan = read_protocol(tmp_path / "hip" / "protocol.yaml")
    source = read_study_folder(tmp_path / "hip")
    check_events(source.simulation, plan)
    assert (plan.study, source.simulation.participants) == ("hip", 5)
    assert len(plan.sites) == len(changes.get("sites", "One").split(","))
    assert plan.title[plan.default_language] == (ALL | changes)["title"]


def test_what_is_not_said_is_asked_with_an_answer_that_will_do(app: Flask, tmp_path: Path) -> None:
    said = asked(app, tmp_path / "mine", typed="\n" * 13)
    assert said.count("[") >= 13
    assert read_protocol(tmp_path / "mine" / "protocol.yaml").study == "my-study"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"languages": "sv"}, "Patients' pages do not speak sv; they speak en, nb, nn."),
        ({"languages": " , "}, "Name at least one of the languages."),
        ({"instruments": "no_such"}, "no_such"),
        ({"every": "monthly"}, "“monthly” is no distance"),
        ({"until": "0w"}, "“0w” is no distance"),
        ({"zone": "Oslo"}, "zone"),
        ({"country": "XX"}, "country"),
        ({"sender": "The cancer clinic"}, "tells of illness"),
        ({"phone": "12"}, "phone"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    app: Flask, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    assert sentence in asked(app, tmp_path / "hip", changes, ends=1)
    assert not (tmp_path / "hip").exists()


def test_a_folder_that_holds_something_is_left_alone(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    assert "is not empty" in asked(app, tmp_path, ends=1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
