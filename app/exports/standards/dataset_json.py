"""Dataset-JSON 1.1: one data set a file, its columns described first."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from app.exports.standards.domains import Domain, Value, ValueKind, Variable
from app.version import VERSION

METADATA = "MDV.1"


def dataset_json(domain: Domain, studyid: str, as_of: datetime) -> bytes:
    """The whole file. Its time is the data's, so that the same data are the same bytes."""
    key = {name: place for place, name in enumerate(domain.key, 1)}
    head = {
        "datasetJSONCreationDateTime": f"{as_of:%Y-%m-%dT%H:%M:%SZ}",
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{studyid}.{domain.name}",
        "originator": "Svar",
        "sourceSystem": {"name": "Svar", "version": VERSION},
        "studyOID": studyid,
        "metaDataVersionOID": METADATA,
        "metaDataRef": "define.xml",
        "itemGroupOID": f"IG.{domain.name}",
        "records": len(domain.rows),
        "name": domain.name,
        "label": domain.label,
        "columns": [_column(domain, variable, key) for variable in domain.variables],
    }
    opened = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    return f'{opened},\n "rows": [\n{",".join(_rows(domain))}]\n}}\n'.encode()


def _column(domain: Domain, variable: Variable, key: dict[str, int]) -> dict[str, object]:
    column: dict[str, object] = {
        "itemOID": f"IT.{domain.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": variable.kind.value,
    }
    if variable.kind is ValueKind.DATE:
        column |= {"targetDataType": "integer", "displayFormat": "DATE9."}
    if variable.kind is ValueKind.TEXT:
        column["length"] = width(domain, variable)
    if variable.name in key:
        column["keySequence"] = key[variable.name]
    return column


def width(domain: Domain, variable: Variable) -> int:
    """The length of the longest text of a variable, and at least one."""
    place = domain.names.index(variable.name)
    return max((len(str(row[place])) for row in domain.rows if row[place] is not None), default=1)


def _rows(domain: Domain) -> Iterator[str]:
    for row in domain.rows:
        yield json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(value: Value) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
