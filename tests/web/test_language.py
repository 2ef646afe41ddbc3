"""Catalogues are whole and compiled, and each language has its nearest behind it."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import ngettext

from app.instruments import instrument
from app.web.language import gettext, speak

APP = Path(__file__).resolve().parents[2] / "app"
METHODS = [("web/**.py", "python"), ("templates/patient/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}


def catalogue(language: str) -> Catalog:
    with (APP / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def test_every_sentence_of_the_patients_pages_is_said_in_bokmal() -> None:
    said = catalogue("nb")
    found = extract_from_dir(APP, METHODS, keywords=KEYWORDS)
    patient = [message for file, _, message, *_ in found if "patient" in file]
    assert len(patient) > 60
    untold = [one for one in patient if (known := said.get(one)) is None or not known.string]
    assert untold == []


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_the_compiled_catalogue_is_that_of_the_text(language: str) -> None:
    with (APP / "translations" / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        compiled = said_in(read_mo(file))
    assert said_in(catalogue(language)) == compiled
    assert len(compiled) > 10


def said_in(known: Catalog) -> dict[str, list[str]]:
    """What is translated, without the catalogue's head."""
    told = {_texts(message.id)[0]: _texts(message.string) for message in known if message.id}
    return {asked: said for asked, said in told.items() if any(said)}


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_placeholders_survive_translation(language: str) -> None:
    for message in catalogue(language):
        for asked, said in zip(_texts(message.id), _texts(message.string), strict=False):
            if asked and said:
                assert set(re.findall(r"%\(\w+\)s", asked)) == set(re.findall(r"%\(\w+\)s", said)), asked


def _texts(of: object) -> list[str]:
    return [of] if isinstance(of, str) else [str(one) for one in of] if isinstance(of, list | tuple) else []


def test_nynorsk_says_in_bokmal_what_it_lacks(app: Flask) -> None:
    bokmal = catalogue("nb").get("Not open yet")
    assert bokmal is not None
    with app.test_request_context():
        speak("nn")
        assert gettext("Start") == "Start"
        assert gettext("Someone helps me") == "Nokon hjelper meg"
        assert gettext("Not open yet") == bokmal.string
        minutes = ngettext("It takes about one minute.", "It takes about %(num)s minutes.", 7)
        assert minutes == "Det tek omtrent 7 minutt."
        assert instrument("nrs_leg").wording("nn") == instrument("nrs_leg").wording("nb")
