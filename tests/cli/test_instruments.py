"""`flask instruments`, `flask value-set`, `flask wording`: what they print, refuse and keep."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.database import db
from app.instruments import instrument
from app.instruments.value_set import profiles
from app.instruments.value_set_files import value_set
from app.responses.models import InstalledWording

STATE = '{"mobility":1,"self_care":2,"usual_activities":1,"pain_discomfort":3,"anxiety_depression":1,"vas":70}'
ABOUT = ["--country", "Nowhere", "--method", "crosswalk", "--citation", "A paper", "--doi", "10.1/x"]


def run(app: Flask, *words: str, fails: bool = False, answer: str = "") -> str:
    result = app.test_cli_runner().invoke(args=list(words), input=answer)
    assert result.exit_code == int(fails), result.output
    assert "Traceback" not in result.output
    return result.output


def test_every_instrument_is_listed(app: Flask) -> None:
    listed = run(app, "instruments", "list", "--language", "nb")
    assert "Ryggplager i hverdagen" in listed
    assert "demonstration" in listed


def test_an_instrument_is_shown_with_codes_terms_and_safety_items(app: Flask) -> None:
    shown = run(app, "instruments", "show", "hscl25")
    assert "DEMONSTRATION WORDING" in shown
    assert "Safety item ending_life from 2" in shown
    assert "Ask before use." in shown


def test_a_mistyped_instrument_gets_a_hint(app: Flask) -> None:
    assert "Did you mean 'odi'?" in run(app, "instruments", "show", "odii", fails=True)


def test_scores_are_printed_with_value_set_and_rule(app: Flask) -> None:
    scored = run(app, "instruments", "score", "eq5d5l", "--answers", STATE, "--value-set", "Norway")
    assert "index [Norway] = " in scored
    assert "vas = 70" in scored


@pytest.mark.parametrize(
    ("answers", "sentence"), [('{"leg": 11}', "outside 0 to 10"), ("[]", "one JSON object"), ('{"leg": NaN}', "JSON")]
)
def test_wrong_answers_are_named(app: Flask, answers: str, sentence: str) -> None:
    assert sentence in run(app, "instruments", "score", "nrs_leg", "--answers", answers, fails=True)


def test_an_instrument_as_fhir(app: Flask) -> None:
    resource = json.loads(run(app, "instruments", "fhir", "odi", "--language", "nb"))
    assert (resource["resourceType"], resource["language"], resource["status"]) == ("Questionnaire", "nb", "draft")


def table(path: Path, *, without: str = "") -> Path:
    norway = value_set("Norway")
    lines = [f"{profile},{norway.index(profile)}" for profile in profiles() if profile != without]
    path.write_text("\n".join(["profile,index", *lines]), "utf-8")
    return path


def test_an_imported_value_set_scores_like_any_other(app: Flask, tmp_path: Path) -> None:
    file = table(tmp_path / "own.csv")
    assert "can be used now" in run(app, "value-set", "import", str(file), "--name", "Own", *ABOUT)
    run(app, "value-set", "import", str(file), "--name", "Own", *ABOUT)
    own = run(app, "instruments", "score", "eq5d5l", "--answers", STATE, "--value-set", "Own").split()[3]
    norway = run(app, "instruments", "score", "eq5d5l", "--answers", STATE, "--value-set", "Norway").split()[3]
    assert own == norway


def test_a_value_set_with_a_gap_or_a_taken_name_is_refused(app: Flask, tmp_path: Path) -> None:
    gap = table(tmp_path / "gap.csv", without="55555")
    assert "profile 55555 has no value" in run(
        app, "value-set", "import", str(gap), "--name", "Gap", *ABOUT, fails=True
    )
    whole = str(table(tmp_path / "whole.csv"))
    assert "another value set Norway" in run(app, "value-set", "import", whole, "--name", "Norway", *ABOUT, fails=True)


def words(path: Path, **changed: str) -> str:
    path.write_text(json.dumps(dict(instrument("odi").wording("nb").strings) | changed), "utf-8")
    return str(path)


HOW = ["--instrument", "odi", "--language", "nb", "--version", "2.0", "--source", "licence 4711"]


def test_words_are_shown_beside_their_places_and_installed_when_agreed(app: Flask, tmp_path: Path) -> None:
    file = words(tmp_path / "odi.json", title="Tittelen")
    shown = run(app, "wording", "install", file, *HOW, answer="n\n", fails=True)
    assert "title" in shown
    assert "Tittelen" in shown
    with app.app_context():
        assert db.session.scalars(select(InstalledWording)).all() == []
    assert "Installed." in run(app, "wording", "install", file, *HOW, answer="y\n")
    with app.app_context():
        (row,) = db.session.scalars(select(InstalledWording))
        assert (row.version, row.content["title"]) == ("2.0", "Tittelen")


def test_words_that_do_not_fit_are_named(app: Flask, tmp_path: Path) -> None:
    file = words(tmp_path / "odi.json", **{"items.shoes.text": "Sko"})
    assert "items.shoes.text" in run(app, "wording", "install", file, *HOW, "--yes", fails=True)


def test_the_screens_can_be_proofread(app: Flask, tmp_path: Path) -> None:
    from app.web.patient.proof import proof_page

    run(app, "wording", "install", words(tmp_path / "odi.json", title="Tittelen"), *HOW, "--yes")
    with app.app_context():
        page = proof_page(("odi",), "nb").decode()
    assert "Tittelen" in page
    assert 'name="odi.travelling"' in page
    assert "Demonstrasjonstekst" not in page


@pytest.mark.parametrize(
    ("date", "sentence"), [("0020-05-14", "since: 0020-05-14 is too early"), ("9999-05-14", "too late")]
)
def test_a_date_that_cannot_be_is_not_scored(app: Flask, date: str, sentence: str) -> None:
    answers = f'{{"employed": 1, "days": 3, "on_leave": 1, "percent": 50, "since": "{date}"}}'
    assert sentence in run(app, "instruments", "score", "sick_leave", "--answers", answers, fails=True)
