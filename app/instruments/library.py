"""The questionnaires that ship: read from their data files when first asked for, then kept."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.instruments.definition import read_definition
from app.instruments.model import Instrument
from app.instruments.problems import UnknownInstrument
from app.instruments.wording import Wording
from app.instruments.wording_building import Heading, build_wording
from app.instruments.wording_places import flatten
from app.yaml_files import read_document

DEFINITIONS = Path(__file__).parent / "definitions"
WORDINGS = Path(__file__).parent / "wordings"


@cache
def instrument_codes() -> tuple[str, ...]:
    """The codes of the instruments that ship, sorted."""
    return tuple(sorted(path.stem for path in DEFINITIONS.glob("*.yaml")))


def instrument(code: str) -> Instrument:
    """The instrument of this code; `UnknownInstrument` says which there are."""
    return _read(code)


def instruments() -> tuple[Instrument, ...]:
    """All that ship, by code."""
    return tuple(instrument(code) for code in instrument_codes())


@cache
def _read(code: str) -> Instrument:
    if code not in instrument_codes():
        raise UnknownInstrument(code, instrument_codes())
    bare = read_definition(_content(DEFINITIONS / f"{code}.yaml"))
    wordings = {path.stem.split(".")[1]: path for path in sorted(WORDINGS.glob(f"{code}.*.yaml"))}
    read = {language: shipped_wording(bare, _content(path)) for language, path in wordings.items()}
    return replace(bare, wordings=MappingProxyType(read))


def _content(path: Path) -> Any:
    return read_document(path, "app/instruments/definitions/nrs_leg.yaml").data


def shipped_wording(bare: Instrument, raw: Mapping[str, Any]) -> Wording:
    """A wording from the nested form of our data files; an item may be its text alone."""
    heading = Heading(raw["language"], str(raw["version"]), raw["demonstration"], raw["source"])
    words = {name: raw[name] for name in ("title", "instruction", "recall", "groups", "scales", "items") if name in raw}
    return build_wording(bare, heading, flatten(words))
