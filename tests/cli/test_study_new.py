"""`flask study new` writes a folder that passes its checks, and that a rehearsal reads."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from flask import Flask

from app.rehearsal.own.folder import check_events, read_study_folder
from app.studies.protocol import read_protocol
from app.studies.protocol.choices import Holidays
from app.studies.protocol.holiday_checks import has_holidays
from tests.factories import command

ALL = {
    "code": "hip", "title": "My study", "languages": "en", "country": "NO", "zone": "Europe/Oslo", "sites": "One",
    "sender": "The research team", "phone": "21 23 45 61", "anchor": "surgery", "every": "4w", "until": "12w",
    "instruments": "gpe", "participants": "5",
}  # fmt: skip


def output_of(
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
    said = output_of(app, tmp_path / "hip", changes)
    assert "passes its checks" in said
    plan = read_protocol(tmp_path / "hip" / "protocol.yaml")
    source = read_study_folder(tmp_path / "hip")
    check_events(source.simulation, plan)
    assert (plan.study, source.simulation.participants) == ("hip", 5)
    assert len(plan.sites) == len(changes.get("sites", "One").split(","))
    assert plan.title[plan.default_language] == (ALL | changes)["title"]


def test_what_is_not_said_is_asked_with_an_answer_that_will_do(app: Flask, tmp_path: Path) -> None:
    said = output_of(app, tmp_path / "mine", typed="\n" * 13)
    assert said.count("[") >= 13
    assert read_protocol(tmp_path / "mine" / "protocol.yaml").study == "my-study"


@pytest.mark.parametrize(
    ("country", "part", "written", "zone"),
    [
        ("NO", None, None, "Europe/Oslo"),
        ("SE", None, None, "Europe/Stockholm"),
        ("DK", None, None, "Europe/Copenhagen"),
        ("IE", None, None, "Europe/Dublin"),  # its example number rings in London too
        ("FR", "alsace", "6AE", "Europe/Paris"),
        ("GB", "SCT", "SCT", "Europe/London"),
        ("gb", "Northern Ireland", "NIR", "Europe/London"),
        ("DE", "by", "BY", "Europe/Berlin"),  # of two zones
        ("CH", "genève", "GE", "Europe/Zurich"),
        ("US", "CA", "CA", "America/New_York"),  # of twenty-nine zones
        ("CA", "QC", "QC", "America/Halifax"),
        ("AU", "NSW", "NSW", "Australia/Sydney"),
        ("fr", "National", "national", "Europe/Paris"),
        ("QA", None, None, "Asia/Qatar"),
    ],
)
def test_each_country_is_asked_for_its_part_where_parts_differ_and_can_be_planned(
    app: Flask, tmp_path: Path, country: str, part: str | None, written: str | None, zone: str
) -> None:
    said = output_of(app, tmp_path / "study", typed=_answers(country, part))
    assert ("Not all parts of" in said) is (part is not None)
    study = read_protocol(tmp_path / "study" / "protocol.yaml")
    assert (study.country, study.subdivision, study.zone) == (country.upper(), written, zone)
    simulated = command(app, "protocol", "simulate", str(tmp_path / "study" / "protocol.yaml"))
    assert (simulated.exit_code, "invitation: 800" in simulated.output) == (0, True), simulated.output


def test_a_part_that_is_none_is_asked_for_again(app: Flask, tmp_path: Path) -> None:
    said = output_of(app, tmp_path / "study", typed=_answers("GB", "England and Wales\nENG"))
    assert "ENG (England), NIR (Northern Ireland)" in said
    assert "GB has no part “England and Wales”." in said
    assert read_protocol(tmp_path / "study" / "protocol.yaml").subdivision == "ENG"


@pytest.mark.parametrize("country", ["XX", "UK", "Norway", ""])
def test_a_country_that_is_none_is_refused_as_an_option_and_asked_for_again_as_an_answer(
    app: Flask, tmp_path: Path, country: str
) -> None:
    sentence = f"There is no country “{country}”. Write its two letters, such as NO."
    assert sentence in output_of(app, tmp_path / "hip", {"country": country}, ends=2)
    if country:
        assert sentence in output_of(app, tmp_path / "hip", typed="\n" * 3 + f"{country}\n" + "\n" * 10)


def test_a_part_may_be_said_by_an_option_wherever_it_stands(app: Flask, tmp_path: Path) -> None:
    british = {"country": "GB", "zone": "Europe/London", "phone": "020 7946 0000"}
    said = output_of(app, tmp_path / "hip", {"subdivision": "wls", **british})
    assert "Not all parts" not in said
    assert read_protocol(tmp_path / "hip" / "protocol.yaml").subdivision == "WLS"


def test_texts_go_out_on_holidays_where_these_are_not_known(app: Flask, tmp_path: Path) -> None:
    output_of(app, tmp_path / "known")
    assert read_protocol(tmp_path / "known" / "protocol.yaml").sending.holidays == Holidays.WAIT
    assert not has_holidays("AC")
    output_of(app, tmp_path / "unknown", {"country": "AC", "zone": "Atlantic/St_Helena", "phone": "62889"})
    assert read_protocol(tmp_path / "unknown" / "protocol.yaml").sending.holidays == Holidays.SEND


def _answers(country: str, part: str | None) -> str:
    """What is typed: the country, its part where one is asked for, and else what is proposed."""
    return "\n" * 3 + f"{country}\n" + (f"{part}\n" if part else "") + "\n" * 9


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"languages": "sv"}, "Patients' pages do not speak sv; they speak en, nb, nn."),
        ({"languages": " , "}, "Name at least one of the languages."),
        ({"instruments": "no_such"}, "no_such"),
        ({"every": "monthly"}, "“monthly” is no distance"),
        ({"until": "0w"}, "“0w” is no distance"),
        ({"zone": "Oslo"}, "zone"),
        ({"country": "GB", "subdivision": "LON"}, "GB has no part “LON” with holidays of its own. Name one of ENG"),
        ({"country": "SE", "subdivision": "AB"}, "SE has no part “AB” with holidays of its own. Leave --subdivision"),
        ({"sender": "The cancer clinic"}, "tells of illness"),
        ({"phone": "12"}, "phone"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    app: Flask, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    assert sentence in output_of(app, tmp_path / "hip", changes, ends=1)
    assert not (tmp_path / "hip").exists()


def test_a_folder_that_holds_something_is_left_alone(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    assert "is not empty" in output_of(app, tmp_path, ends=1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
