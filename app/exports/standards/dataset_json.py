"""Dataset-JSON 1.1: one data set a file, its columns described first."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from app.exports.standards.domains import RECORDS_AT_ONCE, Domain, Value, ValueKind, Variable
from app.exports.tables import each_once
from app.version import VERSION

METADATA = "MDV.1"


def dataset_json(domain: Domain, studyid: str, as_of: datetime) -> Iterator[bytes]:
    """The whole file, row by row. Its time is the data's, so that the same data are the same bytes."""
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
        "records": domain.count,
        "name": domain.name,
        "label": domain.label,
        "columns": [_column(domain, variable, key) for variable in domain.variables],
    }
    opened = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    yield f'{opened},\n "rows": [\n'.encode()
    before = ""
    for line in _lines(iter(domain.rows)):
        yield f"{before}{line}\n".encode()
        before = ","
    yield b"]\n}\n"


def _lines(rows: Iterator[tuple[Value, ...]]) -> Iterator[str]:
    """A list a row. Most values of a column repeat themselves, so each is written once for some thousand rows."""
    while some := list(islice(rows, RECORDS_AT_ONCE)):
        columns = [each_once(_written, values) for values in zip(*some, strict=True)]
        yield from (f"[{','.join(values)}]" for values in zip(*columns, strict=True))


def _written(value: Value) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


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
        column["length"] = domain.widths[variable.name]
    if variable.name in key:
        column["keySequence"] = key[variable.name]
    return column


def _plain(value: Value) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
