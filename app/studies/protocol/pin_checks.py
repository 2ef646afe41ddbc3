"""Checks of what a protocol pins: versions that there are, words in its languages, value sets of its own country."""

from __future__ import annotations

from collections.abc import Iterator

from app.studies.protocol.known import Known, KnownQuestionnaire
from app.studies.protocol.suggestions import meant
from app.yaml_files import Document, Mistake, Path

VALUED_WITHOUT_BEING_TOLD = "NO"
"""The country whose value set is used where a protocol names none."""


def pin_errors(document: Document, known: Known) -> Iterator[Mistake]:
    """Pins of what is not asked or not there, and what an asked questionnaire lacks."""
    places = _asked(document)
    for path in document.children("instruments"):
        yield from _pin_errors(document, path, places, known)
    yield from _value_set_errors(document, places, known)
    for code, path in places.items():
        if questionnaire := known.of(code, document.text("instruments", code, "version")):
            yield from _word_errors(document, path, questionnaire, known)


def _asked(document: Document) -> dict[str, Path]:
    """Each questionnaire with the first place where a visit asks it."""
    places: dict[str, Path] = {}
    for visit in document.children("visits"):
        for path, code in document.texts(*visit, "instruments"):
            places.setdefault(code, path)
    return places


def _pin_errors(document: Document, path: Path, places: dict[str, Path], known: Known) -> Iterator[Mistake]:
    code = str(path[-1])
    if code not in places:
        yield document.error(path, f"`{code}` is asked at no visit", meant(code, places))
        return
    version = document.text(*path, "version")
    questionnaire = known.of(code, version)
    if questionnaire is None:
        if code in known.instruments:
            versions = [each.version or "" for each in known.questionnaires if each.code == code]
            remedy = f"There are: {', '.join(versions)}. Or install it: flask instrument install FOLDER"
            yield document.error((*path, "version"), f"there is no version {version} of `{code}`", remedy)
        return
    sha256 = document.text(*path, "sha256")
    if sha256 and questionnaire.sha256 and all(sha256 != each.sha256 for each in known.questionnaires):
        remedy = "Delete the line to pin what is there now, or install the questionnaire that was meant"
        yield document.error((*path, "sha256"), f"no version of `{code}` here has this hash", remedy)
    yield from _minimum_errors(document, path, questionnaire)


def _minimum_errors(document: Document, path: Path, questionnaire: KnownQuestionnaire) -> Iterator[Mistake]:
    minimum = document.whole(*path, "minimum_answered")
    if minimum is None or questionnaire.languages is None:
        return
    most = questionnaire.minimum_up_to
    if most is None:
        message = f"how many answers `{questionnaire.code}` needs is part of its scoring"
        yield document.error((*path, "minimum_answered"), message, "Delete the line")
    elif not 1 <= minimum <= most:
        message = f"`{questionnaire.code}` has {most} questions"
        yield document.error((*path, "minimum_answered"), message, f"Write a whole number from 1 to {most}")


def _value_set_errors(document: Document, places: dict[str, Path], known: Known) -> Iterator[Mistake]:
    for path in document.children("value_sets"):
        code = str(path[-1])
        questionnaire = known.of(code)
        if code not in places:
            yield document.error(path, f"`{code}` is asked at no visit", meant(code, places))
        elif questionnaire is not None and questionnaire.version and not questionnaire.valued:
            yield document.error(path, f"`{code}` is scored without a value set", "Delete the line")
        seen: set[str] = set()
        for place, name in document.texts(*path):
            if known.value_sets and name not in known.value_sets:
                yield document.error(place, f"there is no value set `{name}`", meant(name, known.value_sets))
            if name in seen:
                yield document.error(place, f"`{name}` stands twice", "Write each value set once")
            seen.add(name)
    for code, path in places.items():
        questionnaire = known.of(code)
        if questionnaire and questionnaire.valued and not document.children("value_sets", code):
            yield from _unvalued(document, code, path)


def _unvalued(document: Document, code: str, path: Path) -> Iterator[Mistake]:
    """No country is valued by another's set unless the protocol says so."""
    countries = [document.text("country"), *(document.text(*site, "country") for site in document.children("sites"))]
    abroad = sorted({country for country in countries if country not in (None, VALUED_WITHOUT_BEING_TOLD)})
    if abroad:
        message = f"`{code}` would be valued by Norway's set in {', '.join(map(str, abroad))}"
        yield document.error(path, message, f"Say by which sets: `value_sets: {{{code}: [UK]}}` (flask value-set list)")


def _word_errors(document: Document, path: Path, questionnaire: KnownQuestionnaire, known: Known) -> Iterator[Mistake]:
    """No words in a language of the protocol; one that nobody knows is told where it stands, and not again here."""
    if questionnaire.languages is None:
        return
    for _, language in document.texts("languages"):
        has_words = {language, {"nn": "nb"}.get(language, language)} & questionnaire.languages
        if language in known.languages and not has_words:
            message = f"`{questionnaire.code}` has no words in `{language}`"
            has = ", ".join(sorted(questionnaire.languages))
            yield document.error(path, message, f"It has them in {has}. Install words: flask wording install")
