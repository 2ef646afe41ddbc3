"""The two formats of the protocol file: by which of them a file is read, and what does not have its shape.

Format 2 says all that format 1 says; a file of format 1 is read as what it would be in format 2. What is stored stays
as it was installed, so that its hash can be proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.studies.protocol.definition import Protocol
from app.studies.protocol.fields import ARROW, EXAMPLE_PROTOCOL
from app.studies.protocol.schema import ProtocolSchema
from app.studies.protocol.visit_schema import SecondProtocolSchema
from app.yaml_files import Document, Mistake, misfits


def is_second(document: Document) -> bool:
    """Whether a file says that it is of format 2."""
    return document.get("format") is not None


def shape_errors(document: Document) -> Iterator[Mistake]:
    """Every place where the file does not have the shape of its format."""
    schema = SecondProtocolSchema() if is_second(document) else ProtocolSchema()
    for path, message in misfits(schema.validate(document.data)):  # type: ignore[arg-type]  # any value may come
        what, _, remedy = message.partition(ARROW)
        yield document.error(path, what, remedy or f"Compare with {EXAMPLE_PROTOCOL}")


def from_dict(plain: Mapping[str, Any]) -> Protocol:
    """Back from `Protocol.to_dict`, without asking again whether the protocol makes sense."""
    schema = SecondProtocolSchema() if plain.get("format") else ProtocolSchema()
    protocol: Protocol = schema.load(plain)
    return protocol
