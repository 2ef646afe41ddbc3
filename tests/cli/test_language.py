"""`flask language`: what a catalogue lacks, who has read it, and how a site brings its own."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.studies.protocol.catalogues import TRANSLATIONS
from app.studies.spoken import languages, reviewer
from tests.cli.test_instruments import run

SWEDISH = (TRANSLATIONS / "sv" / "LC_MESSAGES" / "messages.po").read_text("utf-8")


@pytest.mark.parametrize("language", ["nb", "nn", "sv", "da", "de", "fr"])
def test_every_sentence_of_the_patients_pages_is_said_in_each_language_that_ships(app: Flask, language: str) -> None:
    assert "sentences of the patients' pages are there" in run(app, "language", "check", language)


@pytest.mark.parametrize(
    ("language", "is_reviewed"),
    [
        ("en", True),
        ("nb", True),
        ("nn", False),
        ("sv", False),
        ("da", False),
        ("de", False),
        ("fr", False),
        ("xx", False),
    ],
)
def test_only_the_originals_claim_a_reader(app: Flask, language: str, *, is_reviewed: bool) -> None:
    with app.app_context():
        assert (reviewer(language) is not None) is is_reviewed


def test_the_list_says_whom_no_live_study_may_speak(app: Flask) -> None:
    listed = run(app, "language", "list")
    assert "sv   no native reader has seen it: no live study may speak it" in listed
    assert "nb   Svar (an original, like the English)" in listed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('msgstr "Nästa"', 'msgstr ""'), "lacks: Next"),
        (("Fråga %(number)s av %(total)s", "Fråga %(number)s"), "must hold the same %(total)s as the English"),
        (("Fråga %(number)s av", "Fråga %(nummer)s av"), "must hold the same %(number)s, %(nummer)s as the English"),
        (('msgstr "Nästa"', f'msgstr "{"Nästa " * 8}"'), "is too long for a telephone (48 characters)"),
    ],
)
def test_a_catalogue_that_is_not_whole_is_not_installed(
    app: Flask, tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    assert change[0] in SWEDISH
    file = tmp_path / "messages.po"
    file.write_text(SWEDISH.replace(*change), "utf-8")
    assert sentence in run(app, "language", "install", "sv", str(file), fails=True)
    assert list((app.extensions["settings"].instance / "translations").glob("sv/*/*")) == []


@pytest.fixture
def elsewhere(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The catalogues' folder of the application, while its instance is a folder of this test alone."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], instance=tmp_path / "instance"))
    return tmp_path / "instance" / "translations"


def test_a_site_signs_and_installs_its_own_catalogue(app: Flask, tmp_path: Path, elsewhere: Path) -> None:
    file = tmp_path / "messages.po"
    file.write_text(SWEDISH.replace('msgstr "Nästa"', 'msgstr "Vidare"'), "utf-8")
    run(app, "language", "install", "sv", str(file), "--reviewed-by", "Anna Andersson, 2026-11-20")
    with app.app_context():
        assert reviewer("sv") == "Anna Andersson, 2026-11-20"
    assert "Reviewed by: Anna Andersson" in run(app, "language", "check", "sv")
    run(app, "language", "install", "sv", str(elsewhere / "sv" / "LC_MESSAGES" / "messages.po"), "--reviewed-by", "B")
    with app.app_context():
        assert reviewer("sv") == "B"


def test_what_one_application_brought_no_other_in_the_process_speaks(app: Flask, elsewhere: Path) -> None:
    (elsewhere / "pl" / "LC_MESSAGES").mkdir(parents=True)
    (elsewhere / "pl" / "LC_MESSAGES" / "messages.mo").touch()
    other = Flask("other")
    other.extensions["settings"] = replace(app.extensions["settings"], instance=elsewhere.parent / "other")
    with app.app_context():
        assert "pl" in languages()
    with other.app_context():
        assert "pl" not in languages()


def test_a_reader_whose_name_would_break_the_file_is_refused(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "messages.po"
    file.write_text(SWEDISH, "utf-8")
    output = run(app, "language", "install", "sv", str(file), "--reviewed-by", 'Anna "A"', fails=True)
    assert "without quotes" in output


def test_a_language_that_nobody_has_written_is_told(app: Flask) -> None:
    assert "There is no catalogue of xx; there are: da, de, en" in run(app, "language", "check", "xx", fails=True)
