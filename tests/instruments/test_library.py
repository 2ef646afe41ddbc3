"""A questionnaire that ships broken stops no other, and all that are broken are named at once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.instruments import library
from app.instruments.library import instrument, instrument_codes, instruments, shipped_folder, sound_instruments
from app.instruments.problems import BadFolder, BadLibrary
from app.studies.protocol import ProtocolErrors, read_protocol
from app.studies.protocol.reading import _checked
from tests.studies.protocol.protocols import SMALL


def _forget() -> None:
    for kept in (instrument_codes, shipped_folder, _checked):
        kept.cache_clear()


@pytest.fixture
def two_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What ships, with a definition that is no YAML and a wording that lacks its title."""
    shipped = tmp_path / "shipped"
    shutil.copytree(library.SHIPPED, shipped)
    (shipped / "rmdq" / "definition.yaml").write_text("code: [", "utf-8")
    words = shipped / "gpe" / "wordings" / "nb.yaml"
    words.write_text(words.read_text("utf-8").replace("title:", "titel:"), "utf-8")
    monkeypatch.setattr(library, "SHIPPED", shipped)
    _forget()
    yield
    _forget()


@pytest.mark.usefixtures("two_broken")
def test_the_others_are_asked_and_scored_as_before() -> None:
    assert instrument("odi").version == "2.0"
    assert {"rmdq", "gpe"}.isdisjoint(each.code for each in sound_instruments())
    assert len(sound_instruments()) == len(instrument_codes()) - 2


@pytest.mark.usefixtures("two_broken")
def test_all_that_are_broken_are_named_at_once() -> None:
    with pytest.raises(BadLibrary) as broken:
        instruments()
    words = str(broken.value)
    assert "rmdq:" in words
    assert "definition.yaml: line 1" in words
    assert "wordings/nb.yaml: titel: is not known here" in words


@pytest.mark.usefixtures("two_broken")
@pytest.mark.parametrize(("code", "file"), [("rmdq", "definition.yaml"), ("gpe", "wordings/nb.yaml")])
def test_the_one_that_is_asked_says_which_file(code: str, file: str) -> None:
    with pytest.raises(BadFolder, match=file):
        instrument(code)


@pytest.mark.usefixtures("two_broken")
def test_a_protocol_that_asks_another_is_read_and_one_that_asks_it_is_not() -> None:
    assert read_protocol(SMALL).visit("d0").instruments == ("odi", "nrs_lbp")
    with pytest.raises(ProtocolErrors, match="`rmdq`"):
        read_protocol(SMALL.replace("[odi, nrs_lbp]", "[rmdq, nrs_lbp]"))
