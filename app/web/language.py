"""Languages of pages, by `flask-babel`: English sentences in the code, catalogues in `app/translations`.

A patient's page names its language (`speak`); staff pages take the browser's.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import flask_babel
from babel.dates import format_datetime
from flask import Flask, g, has_request_context, request

LANGUAGES = ("en", "nb", "nn")
DAY = {"en": "EEEE d MMMM"}


def init_app(app: Flask) -> None:
    """Put the catalogues on the application."""
    flask_babel.Babel(app, default_locale="en", locale_selector=_spoken)


def speak(language: str) -> None:
    """Answer this request in `language`."""
    g.language = language
    flask_babel.refresh()


def _spoken() -> str:
    if not has_request_context():
        return "en"
    return g.get("language") or request.accept_languages.best_match(LANGUAGES, "en") or "en"


def gettext(sentence: str, **parts: object) -> str:
    """The sentence in the language of this request, its `%(name)s` filled in."""
    return str(flask_babel.gettext(sentence, **parts))


def as_said(at: datetime, zone: str, language: str, *, hour: bool = True) -> str:
    """An instant as people say it where they live: "Thursday 14 May, 09:00"."""
    pattern = DAY.get(language, "EEEE d. MMMM") + (", HH:mm" if hour else "")
    return format_datetime(at.astimezone(ZoneInfo(zone)), pattern, locale=language)


def clock_time(at: datetime, zone: str) -> str:
    """The hour and minute where the reader lives."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
