"""EQ-5D value sets beyond those that ship: imported as tables, such as crosswalks, and found by name."""

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.core.problems import Conflict
from app.instruments.problems import UnknownValueSet
from app.instruments.value_set import ValueSet
from app.instruments.value_set_files import value_set, value_set_ids
from app.instruments.value_set_table import read_value_set_table
from app.studies.models import ImportedValueSet


def import_value_set(name: str, content: bytes, about: dict[str, str], now: datetime) -> ImportedValueSet:
    """Keep the table under `name`; BadValueSet lists what is wrong. The same table again changes nothing."""
    read_value_set_table(content, id=name, **about)
    digest = hashlib.sha256(content).hexdigest()
    existing = db.session.scalar(select(ImportedValueSet).filter_by(name=name))
    if existing is not None and existing.sha256 == digest:
        return existing
    if existing is not None or name in value_set_ids():
        raise Conflict(
            f"There is another value set {name}; choose another name, so that old scores keep their meaning."
        )
    row = ImportedValueSet(name=name, about=about, sha256=digest, content=content.decode("utf-8-sig"), imported_at=now)
    db.session.add(row)
    return row


def imported() -> list[ValueSet]:
    """Those that the site brought, by name."""
    return [named(name) for name in _names()]


def named(name: str) -> ValueSet:
    """The value set of this name: one that ships, or an imported one; UnknownValueSet otherwise."""
    if name in value_set_ids():
        return value_set(name)
    row = db.session.scalar(select(ImportedValueSet).filter_by(name=name))
    if row is None:
        raise UnknownValueSet(name, sorted([*value_set_ids(), *_names()]))
    if row.sha256 not in _read:
        _read[row.sha256] = read_value_set_table(row.content, id=row.name, **row.about)
    return replace(_read[row.sha256], id=row.name)


def _names() -> list[str]:
    return list(db.session.scalars(select(ImportedValueSet.name).order_by(ImportedValueSet.name)))


_read: dict[str, ValueSet] = {}
"""By hash, since 3,125 values take a while to read."""
