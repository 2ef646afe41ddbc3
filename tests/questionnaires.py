"""Questionnaires as a site brings them: the example folders, and small ones whose files a test changes."""

from collections.abc import Mapping
from pathlib import Path

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
