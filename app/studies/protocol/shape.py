"""Every place where the file does not have the schema's shape, as errors with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.studies.protocol.document import Document, Path
from app.studies.protocol.errors import ProtocolError
from app.studies.protocol.fields import ARROW
from app.studies.protocol.schema import ProtocolSchema


def check_shape(document: Document) -> Iterator[ProtocolError]:
    for path, message in _flat(ProtocolSchema().validate(document.data), ()):  # type: ignore[arg-type]  # any value may come
        what, _, remedy = message.partition(ARROW)
        yield document.error(path, what, remedy or "Compare with examples/backtobasic/protocol.yaml")


def _flat(errors: Mapping[Any, Any] | list[Any], path: Path) -> Iterator[tuple[Path, str]]:
    """Marshmallow's tree of messages as pairs; its own steps (`value`, `key`, `_schema`) are not places in the file."""
    if isinstance(errors, list):
        yield from ((path, str(message)) for message in errors)
        return
    for step, inner in errors.items():
        known = step in ("value", "key", "_schema")
        yield from _flat(inner, path if known else (*path, step))
