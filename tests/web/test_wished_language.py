"""The language of a page: that of the browser's choice among those that our pages speak, called by its own name."""

import pytest
from flask import Flask

from app.web.language import wished
from app.web.patient.visit import own_name
from tests.studies.protocol.test_known import polish as polish


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nb-NO,nb;q=0.9,en;q=0.8", "nb"),
        ("no", "nb"),
        ("no-NO", "nb"),
        ("nn", "nn"),
        ("fi,en-GB;q=0.5", "en"),
        ("sv,en-GB;q=0.5", "sv"),
        ("pl", "en"),
        ("en;q=0.2,nn;q=0.9", "nn"),
        ("nb;q=0,en", "en"),
        ("nb;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        ("NB", "nb"),
    ],
)
def test_a_browser_reads_the_language_of_its_choice(app: Flask, header: str, language: str) -> None:
    with app.test_request_context(headers={"Accept-Language": header}):
        assert wished() == language


@pytest.mark.usefixtures("polish")
def test_a_browser_may_wish_for_a_language_that_was_added(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "pl-PL,en;q=0.5"}):
        assert wished() == "pl"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("nb", "Norsk"),
        ("nn", "Nynorsk"),
        ("en", "English"),
        ("pl", "Polski"),
        ("se", "Davvisámegiella"),
        ("ar", "العربية"),
    ],
)
def test_a_language_calls_itself_by_its_own_name(code: str, name: str) -> None:
    assert own_name(code) == name
