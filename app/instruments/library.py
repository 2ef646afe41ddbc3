"""The questionnaires that ship: read from their folders when first asked for, then kept."""

from functools import cache
from pathlib import Path

from app.instruments.folders import DEFINITION, Folder, read_folder
from app.instruments.model import Instrument
from app.instruments.problems import BadFolder, BadLibrary, UnknownInstrument

SHIPPED = Path(__file__).parent / "shipped"


@cache
def instrument_codes() -> tuple[str, ...]:
    """The codes of the instruments that ship, sorted."""
    return tuple(sorted(path.parent.name for path in SHIPPED.glob(f"*/{DEFINITION}")))


def instrument(code: str) -> Instrument:
    """The instrument of this code; `UnknownInstrument` says which there are."""
    return shipped_folder(code).instrument


def instruments() -> tuple[Instrument, ...]:
    """All that ship, by code; `BadLibrary` names every folder that cannot be read."""
    read = [_read_or_problem(code) for code in instrument_codes()]
    if broken := [each for each in read if isinstance(each, BadFolder)]:
        raise BadLibrary(broken)
    return tuple(each for each in read if isinstance(each, Instrument))


def sound_instruments() -> tuple[Instrument, ...]:
    """Those that can be read: a broken folder is no concern of whoever does not ask for it."""
    return tuple(each for each in map(_read_or_problem, instrument_codes()) if isinstance(each, Instrument))


def _read_or_problem(code: str) -> Instrument | BadFolder:
    try:
        return instrument(code)
    except BadFolder as bad:
        return bad


@cache
def shipped_folder(code: str) -> Folder:
    """The folder of this instrument, with its example vectors."""
    if code not in instrument_codes():
        raise UnknownInstrument(code, instrument_codes())
    return read_folder(SHIPPED / code)
