"""`flask instrument import-xlsform | import-redcap`: folders that can be checked, and a list of what was lost."""

from pathlib import Path

from flask import Flask

from tests.cli.test_instruments import run
from tests.instruments.test_importing import workbook
from tests.instruments.test_importing_redcap import EVENTS, MAPPING, dictionary


def test_an_xlsform_becomes_a_folder_that_can_be_checked(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "knee.xlsx").write_bytes(workbook())
    output = run(
        app, "instrument", "import-xlsform", str(tmp_path / "knee.xlsx"), "--code", "knee", "--out", str(tmp_path)
    )
    assert "knee: 8 items" in output
    assert "home: geopoint has no counterpart here" in output
    assert "name the holder and the terms of its licence" in output
    assert "words in en, sv" in run(app, "instrument", "check", str(tmp_path / "knee"))
    again = run(
        app,
        "instrument",
        "import-xlsform",
        str(tmp_path / "knee.xlsx"),
        "--code",
        "knee",
        "--out",
        str(tmp_path),
        fails=True,
    )
    assert "holds knee already; nothing was written" in again


def test_a_dictionary_becomes_a_folder_a_form_and_its_events_visits(app: Flask, tmp_path: Path) -> None:
    files = {"dictionary.csv": dictionary(), "events.csv": EVENTS, "map.csv": MAPPING}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    output = run(
        app, "instrument", "import-redcap", str(tmp_path / "dictionary.csv"), "--out", str(tmp_path / "made"),
        "--events", str(tmp_path / "events.csv"), "--event-map", str(tmp_path / "map.csv"),
    )  # fmt: skip
    assert "phone identifies somebody" in output
    assert "the form labs is no questionnaire" in output
    assert "d28" in (tmp_path / "made" / "visits.yaml").read_text("utf-8")
    folders = [str(tmp_path / "made" / form) for form in ("demographics", "symptoms")]
    assert "symptoms 1: 6 items" in run(app, "instrument", "check", *folders)


def test_events_without_their_map_are_asked_for(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "dictionary.csv").write_bytes(dictionary())
    result = app.test_cli_runner().invoke(
        args=["instrument", "import-redcap", str(tmp_path / "dictionary.csv"), "--out", str(tmp_path),
              "--events", str(tmp_path / "dictionary.csv")]
    )  # fmt: skip
    assert (result.exit_code, "together" in result.output) == (2, True)
