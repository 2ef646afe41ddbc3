"""`flask instrument check | install | test`: what a site does with a questionnaire's folder."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.database import db
from app.responses.models import InstalledWording
from app.studies.models import InstalledInstrument
from tests.cli.test_instruments import ABOUT, run
from tests.factories import backtobasic
from tests.instruments.test_new_items import FILES as NIGHT
from tests.instruments.test_new_items import SLEPT
from tests.instruments.test_wording_files import as_json, words
from tests.questionnaires import EXAMPLES, steps, written


def test_a_sound_folder_is_told_with_its_proof(app: Flask) -> None:
    output = run(app, "instrument", "check", str(EXAMPLES / "mood9"))
    assert "mood9 1: 9 items, words in ar, en, sv" in output
    assert "mood9: given from 7 answers on, of 9" in output


def test_all_broken_folders_are_named_at_once_and_none_is_installed(app: Flask, tmp_path: Path) -> None:
    first = written(steps(definition=("type: nrs", "type: nsr")), tmp_path / "first")
    second = written(steps(english=("title: Steps\n", "")), tmp_path / "second")
    sound = written(steps(), tmp_path / "sound")
    output = run(app, "instrument", "install", str(sound), str(first), str(second), fails=True)
    assert "first:" in output
    assert "items.0.type: Must be one of" in output
    assert "second:" in output
    assert "title: this string is missing" in output
    with app.app_context():
        assert db.session.scalars(select(InstalledInstrument)).all() == []


def test_a_folder_whose_scores_are_not_what_its_examples_say_is_not_installed(app: Flask, tmp_path: Path) -> None:
    folder = written(steps(vectors=("steps: 7", "steps: 8")), tmp_path / "steps")
    output = run(app, "instrument", "install", str(folder), fails=True)
    assert "vector 1: steps must be 8, and is 7" in output


def test_the_scores_of_every_folder_are_proved_before_it_ends(app: Flask, tmp_path: Path) -> None:
    wrong = written(steps(vectors=("steps: 7", "steps: 8")), tmp_path / "steps")
    other = steps(vectors=("steps: 7", "steps: 6"))
    other["definition.yaml"] = other["definition.yaml"].replace("code: steps", "code: stairs")
    output = run(app, "instrument", "check", str(wrong), str(written(other, tmp_path / "stairs")), fails=True)
    assert "steps: vector 1: steps must be 8, and is 7" in output
    assert "stairs: vector 1: steps must be 6, and is 7" in output


def test_headings_rules_and_minutes_are_shown(app: Flask, tmp_path: Path) -> None:
    run(app, "instrument", "install", str(written({**NIGHT, "vectors.yaml": SLEPT}, tmp_path / "night")))
    shown = run(app, "instrument", "show", "night")
    assert shown.count("What kept you awake?") == 1
    assert shown.index("What kept you awake?") < shown.index("pain_why (ticks): Pain")
    assert "Rule pain_why: You had no pain, and pain kept you awake. Which is right?" in shown
    assert "  960 minutes, 16:00\n" in shown


@pytest.mark.parametrize("name", ["instrument", "instruments"])
def test_what_is_installed_is_listed_shown_scored_and_tested(app: Flask, tmp_path: Path, name: str) -> None:
    files = {path: text for path, text in steps().items() if path != "vectors.yaml"}
    folder = written(files, tmp_path / "steps")
    output = run(app, name, "install", str(folder))
    assert "Note: steps: no example vector says what steps must be" in output
    assert "Installed steps 1, sha256 " in output
    assert "Steps" in run(app, name, "list", "--language", "nb")
    assert "On stairs?" in run(app, name, "show", "steps")
    assert "steps = 5" in run(app, name, "score", "steps", "--answers", '{"stairs": 2, "walking": 3}')
    assert "of 2" in run(app, name, "test", "steps", "odi")


def test_an_unknown_code_is_answered_with_the_near_one(app: Flask) -> None:
    assert "Did you mean 'odi'?" in run(app, "instrument", "test", "odu", fails=True)


def test_a_value_set_that_was_imported_is_listed(app: Flask, tmp_path: Path) -> None:
    from tests.studies.test_value_sets import sheet

    table = tmp_path / "table.csv"
    table.write_bytes(sheet())
    run(app, "value-set", "import", str(table), "--name", "Nowhere", *ABOUT)
    assert "Nowhere          Nowhere, crosswalk. A paper doi:10.1/x" in run(app, "value-set", "list")


def test_words_are_installed_for_one_study(app: Flask, tmp_path: Path) -> None:
    from app.core.audit import acting
    from app.core.database import transaction

    with app.app_context(), acting("test"), transaction():
        backtobasic()
    sheet = tmp_path / "odi.json"
    sheet.write_bytes(as_json(words("odi")))
    about = ["--instrument", "odi", "--language", "nb", "--version", "2.0", "--source", "Licence 17", "--yes"]
    run(app, "wording", "install", str(sheet), *about, "--study", "backtobasic", "--reviewed-by", "Kari Nordmann")
    assert "There is no study nowhere" in run(
        app, "wording", "install", str(sheet), *about, "--study", "nowhere", fails=True
    )
    with app.app_context():
        (row,) = db.session.scalars(select(InstalledWording))
        assert (row.study_id is not None, row.reviewed_by) == (True, "Kari Nordmann")
