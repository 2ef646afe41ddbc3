"""What the application speaks: our own catalogues, and those that the site dropped beside its instance."""

from pathlib import Path

from app.config import current_settings
from app.studies.protocol import catalogues
from app.studies.protocol.catalogues import languages_in, reviewer_in


def site_folder() -> Path:
    """Where this installation keeps the catalogues that it brought."""
    return current_settings().instance / "translations"


def folders() -> tuple[Path, ...]:
    """Where catalogues are, the site's own last: it is the one that counts."""
    return (catalogues.TRANSLATIONS, site_folder())


def languages() -> frozenset[str]:
    """The languages that our pages speak here."""
    return languages_in(folders())


def reviewer(language: str) -> str | None:
    """The native reader who has seen the words of this language, as the catalogue that counts says; else None."""
    return reviewer_in(language, folders())
