"""Catalogues are whole and compiled, and each language has its nearest behind it."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import get_locale, ngettext

from app.instruments import instrument
from app.web.language import as_said, clock_time, day_as_said, day_words, gettext, speak
from tests.some import some

APP = Path(__file__).resolve().parents[2] / "app"
METHODS = [("web/**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}


SHIPPED = ["nb", "nn", "sv", "da", "de", "fr"]


@cache
def catalogue(language: str) -> Catalog:
    """What is said in it: read once, and changed by no test."""
    with (APP / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def test_every_sentence_of_the_pages_is_said_in_bokmal() -> None:
    said = catalogue("nb")
    extracted = extract_from_dir(APP, METHODS, keywords=KEYWORDS)
    sentences = [(file, message) for file, _, message, *_ in extracted]
    assert len([file for file, _ in sentences if "patient" in file]) > 60
    assert len([file for file, _ in sentences if "desk" in file]) > 20
    untold = [
        message for _, message in sentences if (message_said := said.get(message)) is None or not message_said.string
    ]
    assert untold == []


@pytest.mark.parametrize("language", SHIPPED)
def test_the_compiled_catalogue_is_that_of_the_text(language: str) -> None:
    with (APP / "translations" / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        compiled = said_in(read_mo(file))
    assert said_in(catalogue(language)) == compiled
    assert len(compiled) > 10


def said_in(catalog: Catalog) -> dict[str, list[str]]:
    """What is translated, without the catalogue's head."""
    words = {_texts(message.id)[0]: _texts(message.string) for message in catalog if message.id}
    return {english: said for english, said in words.items() if any(said)}


@pytest.mark.parametrize("language", SHIPPED)
def test_placeholders_survive_translation(language: str) -> None:
    texts = [(_texts(message.id), _texts(message.string)) for message in catalogue(language)]
    pairs = [pair for ours, theirs in texts for pair in zip(ours, theirs, strict=False)]
    for english, translated in some(pair for pair in pairs if all(pair)):
        assert set(re.findall(r"%\(\w+\)s", english)) == set(re.findall(r"%\(\w+\)s", translated)), english


def _texts(of: object) -> list[str]:
    return [of] if isinstance(of, str) else [str(each) for each in of] if isinstance(of, list | tuple) else []


def test_nynorsk_says_in_bokmal_what_it_lacks(app: Flask) -> None:
    bokmal = catalogue("nb").get("Participants")
    assert bokmal is not None
    with app.test_request_context():
        speak("nn")
        assert gettext("Start") == "Start"
        assert gettext("Someone helps me") == "Nokon hjelper meg"
        assert gettext("Participants") == bokmal.string
        minutes = ngettext("It takes about one minute.", "It takes about %(num)s minutes.", 7)
        assert minutes == "Det tek omtrent 7 minutt."
        assert instrument("nrs_leg").wording("nn") == instrument("nrs_leg").wording("nb")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("en", "en"),
        ("nb", "nb"),
        ("nn", "nn"),
        ("nb-NO", "nb"),
        ("nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", "nb"),
        ("en-GB,en;q=0.9,nb;q=0.8", "en"),
        ("fr,nb;q=0.3", "nb"),
        ("fr", "en"),
        ("*", "en"),
        ("nn;q=0.1,en;q=0.9", "en"),
        ("nb;q=0,en;q=0.5", "en"),
        ("not a language at all;;q=x", "en"),
    ],
)
def test_a_page_of_staff_speaks_the_browsers_language_where_it_is_one_of_ours(
    app: Flask, accepted: str, language: str
) -> None:
    with app.test_request_context(headers={"Accept-Language": accepted} if accepted else {}):
        assert str(get_locale()) == language


@pytest.mark.parametrize(("named", "accepted"), list(product(["en", "nb", "nn"], ["en", "nb", "fr", ""])))
def test_a_page_that_names_its_language_speaks_it_whatever_the_browser_says(
    app: Flask, named: str, accepted: str
) -> None:
    with app.test_request_context(headers={"Accept-Language": accepted}):
        get_locale()
        speak(named)
        assert str(get_locale()) == named


@pytest.mark.parametrize(
    ("zone", "language", "hour", "said"),
    [
        ("Europe/Oslo", "en", True, "Thursday 14 May, 09:00"),
        ("Europe/Oslo", "en", False, "Thursday 14 May"),
        ("Europe/Oslo", "nb", True, "torsdag 14. mai, 09:00"),
        ("Europe/Oslo", "nn", False, "torsdag 14. mai"),
        ("Pacific/Auckland", "en", True, "Thursday 14 May, 19:00"),
        ("Pacific/Honolulu", "nb", True, "onsdag 13. mai, 21:00"),
    ],
)
def test_an_instant_is_said_as_people_say_it_where_they_live(zone: str, language: str, hour: bool, said: str) -> None:
    at = datetime(2026, 5, 14, 7, 0, tzinfo=UTC)
    assert as_said(at, zone, language, hour=hour) == said
    assert clock_time(at, zone) == f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Thursday 14 May 2026"),
        ("nb", "torsdag 14. mai 2026"),
        ("nn", "torsdag 14. mai 2026"),
        ("se", "duorasdat 14. miessemánnu 2026"),
        ("pl", "czwartek 14. maja 2026"),
    ],
)
def test_a_day_is_said_with_its_year(language: str, said: str) -> None:
    assert day_as_said(date(2026, 5, 14), language) == said


@pytest.mark.parametrize("language", ["en", "nb", "nn", "se", "pl"])
def test_a_script_has_the_words_to_say_a_day_alike(language: str) -> None:
    pattern, words = day_words(language)
    names = words.split("|")
    assert len(names) == 19
    for number in range(0, 400, 13):
        day = date(2026, 1, 1) + timedelta(days=number)
        parts = {
            "EEEE": names[day.isoweekday() % 7],
            "d": str(day.day),
            "MMMM": names[6 + day.month],
            "y": str(day.year),
        }
        said = "".join(parts.get(piece, piece) for piece in re.split("(EEEE|d|MMMM|y)", pattern))
        assert said == day_as_said(day, language)
