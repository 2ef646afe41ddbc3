"""A file against a schema: all that is wrong with it at once, each with its line, in the words of the file."""

from pathlib import Path

import pytest
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.yaml_files import FileError, misfits, read_checked, read_document

EXAMPLE = "examples/some.yaml"


class _Arm(Schema):
    id = fields.String(required=True)
    size = fields.Integer(strict=True)


class _Plan(Schema):
    title = fields.String(required=True)
    arms = fields.List(fields.Nested(_Arm))
    shares = fields.Dict(keys=fields.Integer(), values=fields.Float(validate=validate.Range(0, 1)))

    @validates_schema
    def _whole(self, data: dict[str, object], **_: object) -> None:
        if data["title"] == "nothing":
            raise ValidationError("a plan of nothing")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(text, "utf-8")
    return path


def test_what_is_right_is_loaded(tmp_path: Path) -> None:
    path = written(tmp_path, "title: on\narms:\n- {id: a, size: 3}\nshares: {28: 0.1, 56: 1}\n")
    loaded = read_checked(path, _Plan(), EXAMPLE)
    assert loaded == {"title": "on", "arms": [{"id": "a", "size": 3}], "shares": {28: 0.1, 56: 1.0}}


WRONG: list[tuple[str, list[str]]] = [
    # the file, its problems in the order of its lines
    ("", ["line 1: the file is empty. Start from examples/some.yaml."]),
    ("- a\n", ["line 1: the file must be a mapping of names to values"]),
    ("word\n", ["line 1: the file must be a mapping of names to values"]),
    ("a: [1\n", [
        "line 2: cannot be understood as YAML at column 1: expected ',' or ']', but got '<stream end>'."
        " Compare the indentation, colons, quotes and brackets with the lines above it.",
    ]),
    ("title: a\ntitle: b\n", ["line 2: `title` stands twice. Keep one of the two; the other is on line 1."]),
    ("b: 7\nb: 07\na: [{c: 08}]\n", [
        "line 2: `b` stands twice. Keep one of the two; the other is on line 1.",
        'line 3, a.#1.c: `08` may be a number or a code. Write `8` for the number, `"08"` for the code.',
    ]),
    ("arms: []\n", ["line 1: title: Missing data for required field."]),
    ("title: 7\n", ["line 1: title: Not a valid string."]),
    ("title: nothing\n", ["line 1: a plan of nothing"]),
    ("title: a\narms:\n- {id: a, size: 2.0}\n- {size: 1}\n", [
        "line 3: arms.a.size: Not a valid integer.",
        "line 4: arms.#2.id: Missing data for required field.",
    ]),
    ("titel: a\nshares:\n  28: 2\n  x: .inf\n", [
        "line 1: title: Missing data for required field.",
        "line 1: titel: Unknown field.",
        "line 3: shares.28: Must be greater than or equal to 0 and less than or equal to 1.",
        "line 4: shares.x: Not a valid integer.",
        "line 4: shares.x: Special numeric values (nan or infinity) are not permitted.",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problems"), WRONG)
def test_all_that_is_wrong_is_told_in_the_order_of_the_lines(tmp_path: Path, text: str, problems: list[str]) -> None:
    with pytest.raises(FileError) as refused:
        read_checked(written(tmp_path, text), _Plan(), EXAMPLE)
    assert sorted(refused.value.problems) == sorted(problems)
    assert [line.split(":")[0] for line in refused.value.problems] == [line.split(":")[0] for line in problems]
    assert str(refused.value) == "\n  ".join(["plan.yaml cannot be used:", *refused.value.problems])


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"plan.yaml cannot be used:\n  the file cannot be read: No such file"):
        read_document(tmp_path / "plan.yaml", EXAMPLE)


def test_the_steps_that_are_the_librarys_own_are_no_places() -> None:
    tree = {"a": {0: {"_schema": ["x"]}, "b": {"key": ["y"], "value": {"c": ["z"]}}}, "_schema": ["w"]}
    assert list(misfits(tree)) == [(("a", 0), "x"), (("a", "b"), "y"), (("a", "b", "c"), "z"), ((), "w")]
