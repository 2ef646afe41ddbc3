"""Example vectors: answers, and the scores that a manual, a paper or another program says must come of them.

```yaml
- note: "Table 3 of the paper"
  answers: {stairs: 2, walking: 3}
  scores: {total: 62.5, band: incomplete}   # a number, or the reason why there is none
  categories: {total: severe}
```
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.instruments.model import Instrument
from app.instruments.numerals import is_number
from app.instruments.results import Unscored
from app.instruments.scoring_language import Since
from app.yaml_files import misfits

NONE = "none"
"""No value, whatever the reason."""


class _Expected(fields.Field[Decimal | str]):
    """A number, `none`, or the reason why there is none."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal | str:
        if is_number(value):
            return Decimal(value)
        if value in (NONE, *Unscored):
            return str(value)
        raise ValidationError(f"Write a number, or why there is none: {', '.join((NONE, *Unscored))}.")


class _VectorSchema(Schema):
    note = fields.String()
    answers = fields.Dict(fields.String(), fields.Raw(allow_none=True), required=True)
    scores = fields.Dict(fields.String(), _Expected(), required=True, validate=validate.Length(min=1))
    categories = fields.Dict(fields.String(), fields.String())
    minimum_answered = fields.Integer(strict=True)
    value_set = fields.String()
    earlier = fields.Dict(fields.String(), fields.Decimal())
    """Scores of the patient's one earlier visit."""


@dataclass(frozen=True)
class Vector:
    """One worked example. `earlier` are the scores of the visit before."""

    answers: Mapping[str, object]
    expected: tuple[tuple[str, Decimal | str], ...]
    categories: tuple[tuple[str, str], ...] = ()
    note: str = ""
    minimum_answered: int | None = None
    value_set: str | None = None
    earlier: Mapping[tuple[str, str], Decimal] = field(default_factory=lambda: MappingProxyType({}))


def read_vectors(content: Any, instrument: Instrument) -> tuple[tuple[Vector, ...], tuple[str, ...]]:
    """The vectors of a file (none where there is no file), and everything that is wrong with them."""
    if content is None:
        return (), ()
    if not isinstance(content, list):
        return (), ("write a list of examples, each with `answers` and `scores`",)
    vectors, problems = [], []
    for number, raw in enumerate(content, 1):
        try:
            data = _VectorSchema().load(raw)
        except ValidationError as error:
            problems += [f"#{number} {'.'.join(map(str, path))}: {what}" for path, what in misfits(error.messages)]
            continue
        problems += [f"#{number} {problem}" for problem in _misnamed(data, instrument)]
        vectors.append(_vector(data))
    return tuple(vectors), tuple(problems)


def _misnamed(data: Mapping[str, Any], instrument: Instrument) -> Iterator[str]:
    names = {score.name for score in instrument.scores}
    for part in ("scores", "categories", "earlier"):
        yield from (
            f"{part}: {instrument.code} has no score {name}" for name in data.get(part, {}) if name not in names
        )
    yield from (
        f"answers: {instrument.code} has no item {code}" for code in data["answers"] if code not in instrument.by_code
    )


def _vector(data: Mapping[str, Any]) -> Vector:
    earlier = {(name, str(since)): value for name, value in data.get("earlier", {}).items() for since in Since}
    return Vector(
        answers=MappingProxyType(data["answers"]),
        expected=tuple(data["scores"].items()),
        categories=tuple(data.get("categories", {}).items()),
        note=data.get("note", ""),
        minimum_answered=data.get("minimum_answered"),
        value_set=data.get("value_set"),
        earlier=MappingProxyType(earlier),
    )
