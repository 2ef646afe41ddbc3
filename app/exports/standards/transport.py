"""The same data sets as SAS transport files of version 5, through the validator of all labelled files."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from app.exports.labelled.parts import ROWS_AT_ONCE, in_parts
from app.exports.labelled.rules import XPT5
from app.exports.labelled.sas import referred, xpt_blocks
from app.exports.labelled.sheets import Field, FieldKind, Sheet
from app.exports.standards.domains import Domain, Value, ValueKind

TRANSPORT_KINDS = {
    ValueKind.TEXT: FieldKind.TEXT, ValueKind.INTEGER: FieldKind.WHOLE, ValueKind.NUMBER: FieldKind.NUMBER,
    ValueKind.DATE: FieldKind.DATE,
}  # fmt: skip
IN_JSON = "[text: see the JSON file]"
"""What stands for a text that version 5 cannot hold."""


def transport(domain: Domain) -> Iterator[bytes]:
    """The whole file, part by part."""
    return xpt_blocks(in_parts(partial(_sheets, domain)), XPT5, lambda sheet: sheet)


def _sheets(domain: Domain) -> Iterator[Sheet]:
    """So many rows at a time as a part has; one empty sheet where there are none."""
    rows = iter(domain.rows)
    yield _sheet(domain, list(islice(rows, ROWS_AT_ONCE)))
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield _sheet(domain, some)


def _sheet(domain: Domain, rows: Sequence[tuple[Value, ...]]) -> Sheet:
    columns = list(zip(*rows, strict=True)) or [()] * len(domain.variables)
    fields = tuple(
        referred(Field(variable.name, TRANSPORT_KINDS[variable.kind], variable.label, cells), domain.key, IN_JSON)
        for variable, cells in zip(domain.variables, columns, strict=True)
    )
    return Sheet(domain.name, domain.label, fields, domain.key[1:2])
