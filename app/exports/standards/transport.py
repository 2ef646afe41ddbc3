"""The same data sets as SAS transport files of version 5, through the validator of all labelled files."""

from app.exports.labelled.rules import XPT5
from app.exports.labelled.sas import referred, xpt
from app.exports.labelled.sheets import Field, FieldKind, Sheet
from app.exports.standards.domains import Domain, ValueKind

KINDS = {
    ValueKind.TEXT: FieldKind.TEXT, ValueKind.INTEGER: FieldKind.WHOLE, ValueKind.NUMBER: FieldKind.NUMBER,
    ValueKind.DATE: FieldKind.DATE,
}  # fmt: skip
IN_JSON = "[text: see the JSON file]"
"""What stands for a text that version 5 cannot hold."""


def transport(domain: Domain) -> bytes:
    """The whole file, as bytes."""
    columns = list(zip(*domain.rows, strict=True)) or [()] * len(domain.variables)
    fields = tuple(
        referred(Field(variable.name, KINDS[variable.kind], variable.label, cells), domain.key, IN_JSON)
        for variable, cells in zip(domain.variables, columns, strict=True)
    )
    return xpt(Sheet(domain.name, domain.label, fields, domain.key[1:2]), XPT5)
