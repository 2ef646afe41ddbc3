"""The format of a score's `scoring` in a definition file, and the reader that turns it into a `Scoring`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate

from app.instruments.conditions import Condition
from app.instruments.results import PLACES, Unscored
from app.instruments.scoring_language import (
    OF_SCORES,
    Aggregate,
    Band,
    Bound,
    Fill,
    Members,
    Missing,
    Need,
    Only,
    Rescale,
    Scoring,
    Since,
    Stretch,
)

EVERY = "all"
"""Every item that has a number for an answer, in the order of the questionnaire."""


def _number(**options: Any) -> fields.Decimal:
    return fields.Decimal(allow_nan=False, **options)


def _numbers() -> fields.Dict:
    return fields.Dict(values=_number())


class _Stretch(fields.Field[Stretch]):
    """Two different numbers, `[0, 100]`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Stretch:
        numbers: list[Any] = [_number().deserialize(each) for each in value] if isinstance(value, list) else []
        if len(numbers) != 2 or numbers[0] == numbers[1]:
            raise ValidationError("Write two different numbers, [0, 100].")
        return Stretch(*numbers)


class _AtLeast(fields.Field[int | Need]):
    """A whole number from 1, `all` or `half`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int | Need:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        if value in tuple(Need):
            return Need(value)
        raise ValidationError("Write a whole number from 1, all or half.")


class _Codes(fields.Field[tuple[str, ...]]):
    """A list of codes; one code alone is a list of one."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        codes = [value] if isinstance(value, str) else value
        if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
            raise ValidationError("List the codes, [first, second].")
        return tuple(codes)


class _RescaleSchema(Schema):
    source = _Stretch(required=True, data_key="from")
    target = _Stretch(required=True, data_key="to")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Rescale:
        return Rescale(**data)


class _OnlySchema(Schema):
    item = fields.String(required=True)
    equals = fields.Integer(strict=True)
    above = fields.Integer(strict=True)
    below = fields.Integer(strict=True)
    otherwise = fields.Enum(Unscored, by_value=True, load_default=Unscored.NOT_APPLICABLE)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Only:
        otherwise = data.pop("otherwise")
        return Only(Condition(**data), otherwise)


class _BandSchema(Schema):
    name = fields.String(required=True, validate=validate.Regexp(r"[a-z][a-z0-9_]{0,31}\Z"))
    score = fields.String()
    up_to = _number()
    below = _number()
    from_ = _number(data_key="from")
    above = _number()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Band:
        bounds = [(bound, data[_field(bound)]) for bound in Bound if _field(bound) in data]
        if len(bounds) > 1:
            raise ValidationError("A band has one bound: up_to, below, from or above.")
        bound, limit = bounds[0] if bounds else (None, Decimal())
        return Band(data["name"], bound, limit, data.get("score"))


def _field(bound: Bound) -> str:
    return "from_" if bound is Bound.FROM else bound.value


class ScoringSchema(Schema):
    """One way of putting answers or scores together, and what is done before and after."""

    sum = _Codes()
    mean = _Codes()
    count = _Codes()
    highest = _Codes()
    lowest = _Codes()
    answer = _Codes()
    sum_of_scores = _Codes()
    mean_of_scores = _Codes()
    change_of = _Codes()
    since = fields.Enum(Since, by_value=True)
    from_ = _number(data_key="from")
    at_least = _AtLeast()
    fill = fields.Enum(Fill, by_value=True)
    minimum_may_be_chosen = fields.Boolean(truthy={True}, falsy={False})
    reverse = _Codes()
    recode = fields.Dict(fields.String(), _numbers())
    onto = _Stretch()
    weights = _numbers()
    multiply = _number()
    add = _number()
    rescale = fields.Nested(_RescaleSchema)
    whole = fields.Boolean(truthy={True}, falsy={False})
    table = _numbers()
    decimals = fields.Integer(strict=True, validate=validate.Range(0, PLACES))
    bands = fields.List(fields.Nested(_BandSchema), validate=validate.Length(min=2))
    only_where = fields.Nested(_OnlySchema, data_key="only")

    @pre_load
    def one_way(self, data: Any, **_: Any) -> Any:
        """Exactly one of the ways is named."""
        named = [aggregate for aggregate in Aggregate if isinstance(data, dict) and aggregate in data]
        if len(named) != 1:
            raise ValidationError(f"Say one of {', '.join(Aggregate)}.")
        return data

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Scoring:
        aggregate = next(each for each in Aggregate if each in data)
        return Scoring(
            aggregate=aggregate,
            members=_members(data[aggregate], data),
            missing=_missing(data),
            table=_pairs(data.get("table", {})),
            bands=tuple(data.get("bands", ())),
            only=data.get("only_where"),
            **{name: data[name] for name in AS_THEY_ARE if name in data},
        )


AS_THEY_ARE = ("multiply", "add", "rescale", "whole", "decimals", "since")


def _members(codes: Sequence[str], data: Mapping[str, Any]) -> Members:
    recode = tuple((item, _pairs(values)) for item, values in data.get("recode", {}).items())
    given = {field: data[name] for field, name in (("onto", "onto"), ("count_from", "from_")) if name in data}
    weights = tuple(data.get("weights", {}).items())
    return Members(tuple(codes), frozenset(data.get("reverse", ())), recode, weights=weights, **given)


def _missing(data: Mapping[str, Any]) -> Missing:
    return Missing(data.get("at_least", Need.ALL), data.get("fill"), data.get("minimum_may_be_chosen", False))


def _pairs(values: Mapping[object, Decimal]) -> tuple[tuple[Decimal, Decimal], ...]:
    try:
        return tuple((_number().deserialize(code), value) for code, value in values.items())
    except ValidationError as error:
        raise ValidationError("Write a number before each colon.") from error


def with_every_item(scoring: Scoring, numbered: Sequence[str]) -> Scoring:
    """`all` written out: every item that has a number for an answer."""
    if scoring.members.codes != (EVERY,) or scoring.aggregate in OF_SCORES:
        return scoring
    return replace(scoring, members=replace(scoring.members, codes=tuple(numbered)))
