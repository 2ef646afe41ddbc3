"""Frozen values as the plain ones of a file: what a file need not say and does not say is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import time
from enum import Enum
from typing import Any

from app.studies.protocol.spans import Span


def plain(value: Any) -> Any:
    """The same for JSON."""
    if isinstance(value, Span):
        return str(value)
    if is_dataclass(value):
        said = (field for field in fields(value) if not _is_left_out(field, getattr(value, field.name)))
        return {field.name: plain(getattr(value, field.name)) for field in said}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _is_left_out(field: Field[Any], value: object) -> bool:
    """A name that came later makes no other protocol of an older file."""
    if value == {} and field.default_factory is dict:
        return True
    return (value is None or value == () or value is False) and value == field.default
