"""The value sets that ship, read when first asked for."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.instruments.problems import UnknownValueSet
from app.instruments.value_set import DIMENSIONS, Formula, Terms, ValueSet
from app.yaml_files import read_document

VALUE_SETS = Path(__file__).parent / "value_sets"
DEFAULT = "Norway"  # demanded in Norwegian submissions from September 2025


@cache
def value_set_ids() -> tuple[str, ...]:
    """The names of the value sets that ship, sorted."""
    return tuple(sorted(path.stem for path in VALUE_SETS.glob("*.yaml")))


def value_set(name: str) -> ValueSet:
    """The value set of this id; `UnknownValueSet` says which there are."""
    return _read(name)


def value_sets() -> tuple[ValueSet, ...]:
    """All that ship, by id."""
    return tuple(map(value_set, value_set_ids()))


def chosen(names: Iterable[str | ValueSet] | None) -> tuple[ValueSet, ...]:
    """The sets asked for, by id or (imported ones) as they are; the default if none are named."""
    wanted = (DEFAULT,) if names is None else (names,) if isinstance(names, str) else names
    return tuple(name if isinstance(name, ValueSet) else value_set(name) for name in wanted)


@cache
def _read(name: str) -> ValueSet:
    if name not in value_set_ids():
        raise UnknownValueSet(name, value_set_ids())
    raw: Any = read_document(VALUE_SETS / f"{name}.yaml", "app/instruments/value_sets/Norway.yaml").data
    levels = {dimension: tuple(map(Decimal, raw["levels"][dimension])) for dimension in DIMENSIONS}
    formula = Formula(Decimal(raw["full_health"]), MappingProxyType(levels), Terms(**raw.get("terms", {})))
    return ValueSet(**{key: raw[key] for key in ("id", "country", "method", "citation", "doi", "pmid")}, values=formula)
