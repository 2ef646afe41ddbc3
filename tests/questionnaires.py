"""Questionnaires as a site brings them: the example folders, and small ones whose files a test changes."""

from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tests.studies.protocol.protocols import SMALL

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "questionnaires"

DEFINITION = """
code: steps
version: "1"
items:
  - {code: stairs, type: nrs, minimum: 0, maximum: 10}
  - {code: walking, type: nrs, minimum: 0, maximum: 10}
scores:
  - {name: steps, minimum: 0, maximum: 20, better: lower, scoring: {sum: all}}
licence:
  holder: Us
  terms: Free.
  languages: {}
  other: {original_required: false, note: Ours.}
"""
ENGLISH = """
language: en
version: "1"
demonstration: false
source: Ours.
title: Steps
instruction: Choose a number.
items:
  stairs: {text: On stairs?, low: Easy, high: Hard}
  walking: {text: On flat ground?, low: Easy, high: Hard}
"""
VECTORS = """
- answers: {stairs: 3, walking: 4}
  scores: {steps: 7}
"""
STEPS = {"definition.yaml": DEFINITION, "wordings/en.yaml": ENGLISH, "vectors.yaml": VECTORS}


def steps(**changes: tuple[str, str]) -> dict[str, str]:
    """The files of a small questionnaire, with words exchanged in `definition`, `english` or `vectors`."""
    names = {"definition": "definition.yaml", "english": "wordings/en.yaml", "vectors": "vectors.yaml"}
    files = dict(STEPS)
    for name, (old, new) in changes.items():
        assert old in files[names[name]], f"{old!r} is not in {name}"
        files[names[name]] = files[names[name]].replace(old, new)
    return files


def norwegian(title: str = "Trinn") -> str:
    """The words in another language."""
    return ENGLISH.replace("language: en", "language: nb").replace("title: Steps", f"title: {title}")


def written(files: Mapping[str, str], folder: Path) -> Path:
    """A folder that holds these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def brought_protocol(*changes: tuple[str, str]) -> str:
    """A small trial in Swedish and Arabic that asks the three example questionnaires on day 0 and day 7."""
    text = SMALL
    for old, new in (
        ("nb: ", "sv: "), ("en: ", "ar: "), ("languages: [nb, en]", "languages: [sv, ar]"),
        ("first_dose", "first_infusion"), ("country: NO", "country: SE"),
        ("Europe/Oslo", "Europe/Stockholm"), ('"21 23 45 61"', '"+46 8 123 456 78"'),
        ("[odi, nrs_lbp]", "[knee12, mood9, function4]"), ("instruments: [nrs_lbp_week]}", "instruments: [knee12]}"),
        ("anchor: ", 'safety: {answered_by: Someone, within_hours: 24, help: {sv: "Ring 112.", ar: "112"}}\nanchor: '),
        *changes,
    ):  # fmt: skip
        assert old in text, old
        text = text.replace(old, new)
    return text


def catalogue_of(language: str, folder: Path, words: Mapping[str, str]) -> None:
    """A compiled catalogue that says these words in a language, in a site's folder of catalogues."""
    catalogue = Catalog(locale=language)
    for sentence, said in words.items():
        catalogue.add(sentence, said)
    place = folder / language / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
