"""Checks of languages: whatever people read is there in each of the protocol's languages."""

from __future__ import annotations

from collections.abc import Iterator

from app.studies.protocol.known import Known
from app.studies.protocol.suggestions import meant
from app.yaml_files import Document, Mistake, Path


def language_errors(document: Document, known: Known) -> Iterator[Mistake]:
    """Languages that nobody here speaks, and texts that lack one of the protocol's languages."""
    yield from _unknown_languages(document, known)
    yield from _missing_texts(document, known)
    languages = [language for _, language in document.texts("languages")]
    for site in document.children("sites"):
        language = document.text(*site, "language")
        if language and language not in languages:
            message = f"`{language}` is not a language of this protocol"
            yield document.error((*site, "language"), message, meant(language, languages))


def _unknown_languages(document: Document, known: Known) -> Iterator[Mistake]:
    seen: set[str] = set()
    for path, language in document.texts("languages"):
        if language not in known.languages:
            remedy = meant(language, known.languages)
            yield document.error(path, f"the language `{language}` is not known", remedy)
        if language in seen:
            yield document.error(path, f"the language `{language}` stands twice", "Write each language once")
        seen.add(language)


def _missing_texts(document: Document, known: Known) -> Iterator[Mistake]:
    """Whatever people read must be there in each of the protocol's languages, and in no other.

    A language that nobody knows is one mistake, told where it stands: no text is asked for in it, and a text may be in
    it, or in the language that was meant.
    """
    named = [language for _, language in document.texts("languages")]
    languages = [language for language in named if language in known.languages]
    allowed = languages if languages == named else [*named, *known.languages]
    for path in [("title",), ("urgent_help",), ("safety", "help"), *_text_places(document)]:
        if not isinstance(texts := document.get(*path), dict):
            continue
        for language in languages:
            if language not in texts:
                yield document.error(path, f"has no text in `{language}`", f"Add `{language}: ...`")
        for language in texts:
            if named and language not in allowed:
                remedy = "Delete it, or add the language to `languages`"
                yield document.error((*path, language), f"`{language}` is not a language of this protocol", remedy)


def _text_places(document: Document) -> list[Path]:
    replies = [*document.children("sms_replies", "texts"), *document.children("email")]
    is_second = document.get("format") is not None
    words = (("sender",), ("urgent_help",), ("safety", "help"))
    of_sites: list[Path] = [(*site, *text) for site in document.children("sites") for text in words]
    events = document.children("events")
    titles: list[Path] = [(*place, "title") for place in (*events, *document.children("visits"))]
    return [*of_sites, *(titles if is_second else events), *document.children("messages"), *replies]
