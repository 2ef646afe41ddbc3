"""Frozen values as the plain ones of a file: what a file need not say and does not say is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import time
from enum import Enum
from functools import cache
from typing import Any

from app.studies.protocol.spans import Span


def plain(value: Any) -> Any:
    """The same for JSON."""
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Span):
        return str(value)
    if is_dataclass(value):
        said = ((name, getattr(value, name), field) for name, field in _fields(value.__class__))
        return {name: plain(part) for name, part, field in said if not _is_left_out(field, part)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.strftime("%H:%M") if isinstance(value, time) else value


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Field[Any]], ...]:
    return tuple((field.name, field) for field in fields(kind))


def _is_left_out(field: Field[Any], value: object) -> bool:
    """A name that came later makes no other protocol of an older file."""
    if value == {} and field.default_factory is dict:
        return True
    return (value is None or value == () or value is False) and value == field.default
