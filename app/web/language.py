"""Languages of pages, by `flask-babel`: English sentences in the code, catalogues in `app/translations`.

A patient's page names its language (`speak`); staff pages take what she chose who is signed in, else the browser's.
"""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names, get_month_names
from babel.support import Translations
from flask import Flask, g, has_request_context, request

from app.studies.spoken import languages

STAFF_LANGUAGES = {"nb": "Bokmål", "en": "English"}
NEAREST = {"nn": "nb"}
"""Where a language's catalogue lacks a sentence, this one's is said, and only then English."""
FORMER_LANGUAGES = {"no": "nb"}
"""What some browsers still call a language."""
LONG_DAY_PATTERNS = {"en": "EEEE d MMMM"}


class Nearest(flask_babel.Domain):  # type: ignore[misc]  # without types
    """The catalogues, each with its nearest behind it."""

    def get_translations(self) -> Translations:
        translations: Translations = super().get_translations()
        nearest = NEAREST.get(str(flask_babel.get_locale()))
        if nearest and translations._fallback is None:  # of gettext's own class, which gives no other way to ask
            for directory in self.translation_directories:
                translations.add_fallback(Translations.load(directory, [nearest], self.domain[0]))
        return translations


class Languages(flask_babel.Babel):  # type: ignore[misc]
    """Flask-Babel, with the nearest language behind each."""

    @cached_property
    def domain_instance(self) -> Nearest:
        return Nearest(domain=self.domain)


def init_app(app: Flask) -> None:
    """Put the catalogues on the application: ours, and those that the site dropped beside its instance."""
    folder = app.extensions["settings"].instance / "translations"
    folders = f"translations;{folder}"
    app.jinja_env.filters["direction"] = direction
    Languages(app, default_locale="en", locale_selector=_spoken, default_translation_directories=folders)


def speak(language: str) -> None:
    """Answer this request in `language`."""
    g.language = language
    flask_babel.refresh()


def direction(language: str) -> str:
    """Which way the language is written: `ltr`, or `rtl` from right to left."""
    return Locale.parse(language).text_direction


def _spoken() -> str:
    if not has_request_context():
        return "en"
    return g.get("language") or wished({*STAFF_LANGUAGES, *NEAREST})


def wished(among: Collection[str] | None = None, default: str = "en") -> str:
    """The language of the browser's choice among these, or among all that our pages speak; else the default."""
    spoken_here = languages() if among is None else among
    primary = (wish.partition("-")[0].lower() for wish, quality in request.accept_languages if quality > 0)
    return next((code for wish in primary if (code := FORMER_LANGUAGES.get(wish, wish)) in spoken_here), default)


def spoken() -> str:
    """The language of this answer, as a page says it of itself."""
    return str(flask_babel.get_locale() or "en")


def gettext(sentence: str, **parts: object) -> str:
    """The sentence in the language of this request, its `%(name)s` filled in."""
    return str(flask_babel.gettext(sentence, **parts))


def ngettext(single: str, several: str, number: int) -> str:
    """The sentence for so many, in the language of this request, `%(num)s` filled in."""
    return str(flask_babel.ngettext(single, several, number))


def as_said(at: datetime, zone: str, language: str, *, hour: bool = True) -> str:
    """An instant as people say it where they live: "Thursday 14 May, 09:00"."""
    pattern = LONG_DAY_PATTERNS.get(language, "EEEE d. MMMM") + (", HH:mm" if hour else "")
    return format_datetime(at.astimezone(ZoneInfo(zone)), pattern, locale=language)


def day_as_said(day: date, language: str) -> str:
    """A day as people say it, with its year: "Thursday 14 May 2026"."""
    return format_date(day, _day_with_year(language), locale=language)


@cache
def day_words(language: str) -> tuple[str, str]:
    """How a script says a day alike: the pattern, and the names of weekdays, Sunday first, and of months."""
    days, months = get_day_names(locale=language), get_month_names(locale=language)
    return _day_with_year(language), "|".join([*(days[number % 7] for number in range(6, 13)), *months.values()])


def _day_with_year(language: str) -> str:
    return LONG_DAY_PATTERNS.get(language, "EEEE d. MMMM") + " y"


def clock_time(at: datetime, zone: str) -> str:
    """The hour and minute where the reader lives."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
