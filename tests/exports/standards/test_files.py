"""The files themselves: Dataset-JSON and transport files, define.xml and ODM, held against their schemas."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import Element, fromstring

import jsonschema  # type: ignore[import-untyped]
import odmlib
import pyreadstat
import pytest
import xmlschema

from app.exports.labelled import parts
from app.exports.labelled.rules import Unwritable
from app.exports.sparing import Spared
from app.exports.standards import transport
from app.exports.standards.define import define_xml
from app.exports.standards.domains import Domain
from app.exports.standards.night import STANDARD_FILES, standard_files
from app.exports.standards.odm import item_definition, odm_xml
from app.exports.standards.trial import StandardTrial
from app.exports.tables import Dataset, Table
from tests.instruments.test_new_items import NIGHT
from tests.some import some

SCHEMAS = Path(odmlib.__file__).parent / "schemas"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DEFINE, XLINK = "{http://www.cdisc.org/ns/def/v2.1}", "{http://www.w3.org/1999/xlink}"
DATA_TYPES = ["string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI"]
COLUMN = {
    "type": "object",
    "required": ["itemOID", "name", "label", "dataType"],
    "additionalProperties": False,
    "properties": {
        "itemOID": {"type": "string"}, "name": {"type": "string"}, "label": {"type": "string"},
        "dataType": {"enum": DATA_TYPES},
        "targetDataType": {"enum": ["integer", "decimal"]}, "length": {"type": "integer", "minimum": 1},
        "displayFormat": {"type": "string"}, "keySequence": {"type": "integer", "minimum": 1},
    },
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "required": [
        "datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns",
    ],
    "additionalProperties": False,
    "properties": {
        "datasetJSONCreationDateTime": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "datasetJSONVersion": {"pattern": r"^1\.1(\.\d+)?$"},
        "fileOID": {"type": "string"}, "originator": {"type": "string"}, "studyOID": {"type": "string"},
        "sourceSystem": {"type": "object", "required": ["name", "version"], "additionalProperties": False,
                         "properties": {"name": {"type": "string"}, "version": {"type": "string"}}},
        "metaDataVersionOID": {"type": "string"}, "metaDataRef": {"type": "string"}, "itemGroupOID": {"type": "string"},
        "records": {"type": "integer", "minimum": 0}, "name": {"type": "string"}, "label": {"type": "string"},
        "columns": {"type": "array", "items": COLUMN}, "rows": {"type": "array", "items": {"type": "array"}},
    },
}  # fmt: skip
"""Dataset-JSON 1.1, as its specification has it."""


def parsed(content: bytes) -> Element:
    """The root of a file of our own."""
    return fromstring(content)  # noqa: S314


def made(data: Dataset) -> dict[str, bytes]:
    """The night's files of the standards, by name."""
    with TemporaryDirectory() as folder:
        return {name: (Path(folder) / name).read_bytes() for name, _ in standard_files(data, Path(folder))}


@pytest.fixture
def files(trial: StandardTrial) -> dict[str, bytes]:
    return made(trial.data)


def test_each_data_set_leaves_twice_and_define_and_odm_beside_them(
    files: dict[str, bytes], every: dict[str, Domain]
) -> None:
    sets = {f"cdisc/{name.lower()}.{ending}" for name in every for ending in ("json", "xpt")}
    assert {name for name in files if name.startswith("cdisc/")} == sets | {"cdisc/define.xml", "cdisc/odm.xml"}


@pytest.mark.parametrize("name", ["DM", "SV", "TV", "QS", "ADSL", "ADQS"])
def test_dataset_json_is_what_its_schema_says_and_holds_every_record(
    name: str, files: dict[str, bytes], every: dict[str, Domain]
) -> None:
    said, domain = json.loads(files[f"cdisc/{name.lower()}.json"]), every[name]
    jsonschema.validate(said, SCHEMA)
    assert said["records"] == len(said["rows"]) == domain.count
    assert [column["name"] for column in said["columns"]] == list(domain.names)
    kinds = {"string": str, "date": str, "integer": int, "float": float}
    for row in said["rows"]:
        for column, cell in zip(said["columns"], row, strict=True):
            assert cell is None or type(cell) is kinds[column["dataType"]], column["name"]
            assert not isinstance(cell, str) or column["dataType"] == "date" or len(cell) <= column["length"]
    keys = sorted((column["keySequence"], column["name"]) for column in said["columns"] if "keySequence" in column)
    assert tuple(column for _, column in keys) == domain.key


@pytest.mark.parametrize("name", ["DM", "SV", "TV", "QS", "ADSL", "ADQS"])
def test_a_transport_file_has_the_same_records_with_labels(
    name: str, files: dict[str, bytes], every: dict[str, Domain], tmp_path: Path
) -> None:
    (tmp_path / "file.xpt").write_bytes(files[f"cdisc/{name.lower()}.xpt"])
    frame, about = pyreadstat.read_xport(str(tmp_path / "file.xpt"))
    assert (len(frame), tuple(frame.columns), about.table_name) == (every[name].count, every[name].names, name)
    assert about.column_names_to_labels["STUDYID"] == "Study Identifier"
    if name == "QS":
        rows = every[name].records()
        assert [None if cell != cell else cell for cell in frame["QSSTRESN"]] == [
            None if row["QSSTRESN"] is None else float(str(row["QSSTRESN"])) for row in rows
        ]
    if name == "ADQS":
        assert about.original_variable_types["ADT"] == "DATE"


def test_define_xml_is_what_cdiscs_schema_of_2_1_says(files: dict[str, bytes], every: dict[str, Domain]) -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "define" / "2.1" / "define2-1-0.xsd", allow="local")
    schema.validate(files["cdisc/define.xml"].decode())
    root = parsed(files["cdisc/define.xml"])
    groups = {group.get("Name"): group for group in root.iter(f"{ODM}ItemGroupDef")}
    assert set(groups) == set(every)
    items = {item.get("OID") for item in root.iter(f"{ODM}ItemDef")}
    for name, group in groups.items():
        places = [ref.get("ItemOID") for ref in group.iter(f"{ODM}ItemRef")]
        assert places == [f"IT.{name}.{column}" for column in every[str(name)].names]
        assert set(places) <= items
    defined = {each.get("OID") for tag in ("CodeList", "MethodDef") for each in root.iter(f"{ODM}{tag}")}
    used = {each.get("CodeListOID") for each in root.iter(f"{ODM}CodeListRef")}
    used |= {each.get("MethodOID") for each in root.iter(f"{ODM}ItemRef")} - {None}
    assert used <= defined
    standards = {each.get("OID") for each in root.iter(f"{DEFINE}Standard")}
    assert {each.get(f"{DEFINE}StandardOID") for each in root.iter()} - {None} == standards
    comments = {each.get("OID") for each in root.iter(f"{DEFINE}CommentDef")}
    assert {each.get(f"{DEFINE}CommentOID") for each in root.iter()} - {None} == comments


def test_what_is_taken_over_says_from_where_and_what_is_not_held_says_so(files: dict[str, bytes]) -> None:
    root = parsed(files["cdisc/define.xml"])
    said = {
        str(item.get("OID")): (origin.get("Type"), "".join(origin.itertext()).strip(), item.get(f"{DEFINE}CommentOID"))
        for item in root.iter(f"{ODM}ItemDef")
        for origin in item.iter(f"{DEFINE}Origin")
    }
    assert said["IT.ADSL.SUBJID"] == ("Predecessor", "DM.SUBJID", None)
    assert said["IT.ADQS.SITEID"] == ("Predecessor", "ADSL.SITEID", None)
    assert said["IT.DM.RACE"] == ("Not Available", "", "COM.NOT_HELD")
    assert {bool(words) for kind, words, _ in said.values() if kind == "Predecessor"} == {True}


def test_define_xml_points_at_the_json_where_there_is_no_transport_file(every: dict[str, Domain]) -> None:
    content = define_xml(list(every.values()), "TRIAL", datetime(2026, 4, 7, tzinfo=UTC), {"DM"}, {})
    leaves = {leaf.get("ID"): leaf.get(f"{XLINK}href") for leaf in parsed(content).iter(f"{DEFINE}leaf")}
    assert (leaves["LF.DM"], leaves["LF.QS"]) == ("dm.xpt", "qs.json")


def test_a_transport_file_that_is_refused_is_named_and_nothing_points_at_it(
    trial: StandardTrial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(domain: Domain) -> Iterator[bytes]:
        raise Unwritable(f"{domain.name}.xpt cannot be written: it is too wide.")

    monkeypatch.setattr("app.exports.standards.night.transport", refused)
    names = list(dict(standard_files(trial.data, tmp_path)))
    assert names == [name for name in STANDARD_FILES if not name.endswith(".xpt")] + ["cdisc/refused.txt"]
    sentences = (tmp_path / "cdisc/refused.txt").read_text("utf-8").splitlines()
    assert sentences[3:5] == [f"{name}.xpt cannot be written: it is too wide." for name in ("QS", "ADSL")]
    assert Spared("trial", tmp_path).left_out() == sentences
    assert b'href="qs.json"' in (tmp_path / "cdisc/define.xml").read_bytes()


def test_odm_is_what_cdiscs_schema_of_1_3_2_says(files: dict[str, bytes]) -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "odm" / "1.3.2" / "ODM1-3-2.xsd", allow="local")
    assert [fault.reason for fault in schema.iter_errors(files["cdisc/odm.xml"].decode())] == []


def test_odm_has_every_answer_once_with_who_where_and_when(files: dict[str, bytes], trial: StandardTrial) -> None:
    root = parsed(files["cdisc/odm.xml"])
    values = {}
    for subject in root.iter(f"{ODM}SubjectData"):
        for event in subject.iter(f"{ODM}StudyEventData"):
            for item in event.iter(f"{ODM}ItemData"):
                values[subject.get("SubjectKey"), event.get("StudyEventOID"), item.get("ItemOID")] = item.get("Value")
    expected = {
        (f"BACKTOBASIC-{row['participant']}", f"SE.{row['visit']}", f"IT.{row['instrument']}.{row['item']}"): row[
            "value"
        ]
        for row in trial.rows("answers")
    }
    assert values == expected
    assert None in values.values()
    nulls = [item for item in root.iter(f"{ODM}ItemData") if item.get("IsNull") == "Yes"]
    assert len(nulls) == sum(value is None for value in expected.values())
    audits = list(root.iter(f"{ODM}AuditRecord"))
    assert len(audits) == len(list(root.iter(f"{ODM}FormData"))) > 0
    users = {user.get("OID") for user in root.iter(f"{ODM}User")}
    places = {place.get("OID") for place in root.iter(f"{ODM}Location")}
    for audit in some(audits):
        assert audit[0].get("UserOID") in users
        assert audit[1].get("LocationOID") in places
        assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ", audit[2].text or "")


def test_odm_names_every_form_and_item_that_it_uses(files: dict[str, bytes]) -> None:
    root = parsed(files["cdisc/odm.xml"])
    for used, attribute, defined in (
        ("ItemRef", "ItemOID", "ItemDef"), ("ItemData", "ItemOID", "ItemDef"), ("FormRef", "FormOID", "FormDef"),
        ("FormData", "FormOID", "FormDef"), ("StudyEventData", "StudyEventOID", "StudyEventDef"),
        ("CodeListRef", "CodeListOID", "CodeList"), ("ItemGroupRef", "ItemGroupOID", "ItemGroupDef"),
    ):  # fmt: skip
        names = {each.get(attribute) for each in root.iter(f"{ODM}{used}")}
        assert names <= {each.get("OID") for each in root.iter(f"{ODM}{defined}")}, used
        assert names, used


def test_odm_comes_subject_by_subject(trial: StandardTrial) -> None:
    pieces = list(odm_xml(trial))
    assert sum(piece.startswith("<SubjectData") for piece in pieces) == len(trial.subjects)
    assert max(map(len, pieces)) < 2_000


def test_the_same_data_are_the_same_bytes(files: dict[str, bytes], trial: StandardTrial) -> None:
    again = made(trial.data)
    assert [name for name in files if again[name] != files[name]] == []


@pytest.mark.parametrize("rows", [1, 7])
def test_a_night_that_is_read_in_parts_gives_the_same_files(
    rows: int, files: dict[str, bytes], trial: StandardTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ROWS_AT_ONCE", 7 * rows)
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 5 * rows)
    stored = {table.name: partial(in_pieces, table, rows) for table in trial.data.tables}
    again = made(replace(trial.data, tables=(), stored=stored))
    assert [name for name in files if again[name] != files[name]] == []


def in_pieces(table: Table, rows: int) -> Iterator[Table]:
    for begin in range(0, max(1, len(table)), rows):
        yield Table(table.shape, tuple(cells[begin : begin + rows] for cells in table.cells))


def test_the_manifest_is_told_how_many_records_and_resources_there_are(trial: StandardTrial, tmp_path: Path) -> None:
    rows = {name: facts["rows"] for name, facts in standard_files(trial.data, tmp_path)}
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in sorted(tmp_path.glob("fhir/*"))}
    assert {name: rows[f"fhir/{name}"] for name in some(lines)} == lines
    assert rows["cdisc/odm.xml"] == len(trial.data.table("answers"))
    assert (
        rows["cdisc/qs.xpt"]
        == rows["cdisc/qs.json"]
        == len(json.loads((tmp_path / "cdisc/qs.json").read_text("utf-8"))["rows"])
    )


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("bed", 'DataType="partialTime"'),
        ("asleep", 'DataType="integer" Length="10"'),
        ("slept", 'DataType="integer" Length="10"'),
    ],
)
def test_odm_says_what_kind_of_answer_an_item_has(item: str, kind: str) -> None:
    (first, *_) = item_definition(NIGHT, NIGHT.item(item))
    assert f'Name="{item}" {kind}' in first
