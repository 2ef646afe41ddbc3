"""Catalogues are whole and compiled, every pair of colours can be read, and the script stays small."""

import gzip
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
from app.web.patient.page import script, style

APP = Path(__file__).resolve().parents[2] / "app"
METHODS = [("web/**.py", "python"), ("templates/patient/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}
PAIRS = [
    ("ink", "paper", 7.0), ("quiet", "paper", 4.5), ("accent", "paper", 4.5), ("paper", "accent", 4.5),
    ("alarm", "paper", 4.5), ("care", "paper", 4.5), ("good", "paper", 4.5),
]  # fmt: skip


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


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    blocks = re.findall(r":root\{(.*?)\}", style())
    light, dark = (dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", block)) for block in blocks[:2])
    return light, light | dark


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_can_be_read_in_light_and_dark(front: str, back: str, least: float) -> None:
    for scheme in tokens():
        lighter, darker = sorted((luminance(scheme[front]), luminance(scheme[back])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= least, scheme[front]


def test_the_script_is_small_and_asks_nobody_else() -> None:
    assert len(gzip.compress(script().encode(), 9)) < 6 * 1024
    assert "http" not in script()
    assert "eval(" not in script()
    assert "innerHTML" not in script()


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
