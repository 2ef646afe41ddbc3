"""Languages are data: each that has a catalogue may be a protocol's, and no list in the code names them."""

from pathlib import Path

import pytest
from babel import Locale

from app.studies.protocol import catalogues
from app.studies.protocol.catalogues import languages
from app.studies.protocol.known import Known
from app.studies.protocol.language_checks import language_errors
from app.yaml_files import read_yaml

SPOKEN = frozenset({"en", "nb", "nn", "sv", "da", "de", "fr"})


@pytest.fixture
def polish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation with a Polish and a Sámi catalogue beside ours; and one that nobody compiled."""
    for language in ("pl", "se"):
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.mo").touch()
    (tmp_path / "fi" / "LC_MESSAGES").mkdir(parents=True)
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)


def test_what_has_a_catalogue_is_spoken() -> None:
    assert languages() == SPOKEN
    assert all(Locale.parse(language) for language in languages())


@pytest.mark.usefixtures("polish")
def test_another_catalogue_is_another_language() -> None:
    assert languages() == {"en", "pl", "se"}
    assert Known(()).languages == languages()


@pytest.mark.usefixtures("polish")
@pytest.mark.parametrize(
    ("language", "known_here"), [("pl", True), ("se", True), ("fi", False), ("en", True), ("xx", False)]
)
def test_a_protocol_may_be_in_each_of_them(language: str, known_here: bool) -> None:
    text = f"languages: [{language}]\ntitle: {{{language}: Tytuł}}\nurgent_help: {{{language}: Pomoc}}\n"
    mistakes = language_errors(read_yaml(text.encode(), ""), Known(()))
    unknown = [mistake for mistake in mistakes if f"`{language}` is not known" in str(mistake)]
    assert len(unknown) == (0 if known_here else 1)
