"""The format of a questionnaire's data file, and the reader that turns it into an `Instrument`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate

from app.instruments.cdisc_terms import Cdisc, CdiscItem
from app.instruments.conditions import Condition, Earlier, Several, When
from app.instruments.date_bounds import DateBound, date_bound
from app.instruments.definition_checks import definition_contradictions
from app.instruments.model import (
    AnswerRule,
    Better,
    Instrument,
    Item,
    ItemGroup,
    ItemType,
    LanguageLicence,
    Layout,
    Licence,
    Option,
    SafetyItem,
    ScoreDefinition,
)
from app.instruments.problems import BadDefinition, UnknownScorer
from app.instruments.scoring.compiling import compiled
from app.instruments.scoring.contradictions import WORDS_NOT_NUMBERS, contradictions
from app.instruments.scoring.reading import ScoringSchema, with_every_item
from app.instruments.scoring.scorers import scorer

CODE_OF_PART = validate.Regexp(
    r"[a-z][a-z0-9_]{0,31}\Z", error="Codes are at most 32 small letters, digits and underscores, a letter first."
)
RECALL = validate.Regexp(r"^P\d+[DWMY]$", error="A recall period is an ISO 8601 duration such as P2W; P0D is today.")


def _whole(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, **options)


class _Bound(fields.Field[DateBound]):
    """An end of what a date may be."""

    def _deserialize(self, value: object, *_: Any, **__: Any) -> DateBound:
        bound = date_bound(value) if isinstance(value, str) else None
        if bound is None:
            raise ValidationError("Give a day (2026-05-14), or how far from the day of answering (-P120Y, P0D, +P6M).")
        return bound


class _Values(Schema):
    """A schema whose result is a frozen value."""

    makes: type[Any]

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data)


class _ConditionSchema(_Values):
    makes = Condition
    item = fields.String(required=True, validate=CODE_OF_PART)
    equals = _whole()
    above = _whole()
    below = _whole()
    score = fields.String(validate=CODE_OF_PART)
    visit = fields.Enum(Earlier, by_value=True)

    @pre_load
    def of_score(self, data: Any, **_: Any) -> Any:
        """A score is named instead of an item."""
        if isinstance(data, dict) and "score" in data:
            if "item" in data or "visit" not in data:
                raise ValidationError("Name an item or a score; of a score also which visit: first or previous.")
            return {**data, "item": data["score"]}
        return data

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return _condition(data)


def _condition(data: dict[str, Any]) -> Condition:
    return Condition(is_score=data.pop("score", None) is not None, **data)


class _WhenSchema(_ConditionSchema):
    """One condition; or several, under `all` or `any`."""

    item = fields.String(validate=CODE_OF_PART)
    all = fields.List(fields.Nested(_ConditionSchema), validate=validate.Length(min=2))
    any = fields.List(fields.Nested(_ConditionSchema), validate=validate.Length(min=2))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> When:
        several = [name for name in ("all", "any") if name in data]
        if len(several) == 1 and len(data) == 1:
            return Several(tuple(data[several[0]]), any_of=several == ["any"])
        if several or "item" not in data:
            raise ValidationError("Write one condition (item, and equals, above or below), or several in all or any.")
        return _condition(data)


class _RuleSchema(_Values):
    makes = AnswerRule
    code = fields.String(required=True, validate=CODE_OF_PART)
    item = fields.String(required=True, validate=CODE_OF_PART)
    refuses = fields.Nested(_WhenSchema, required=True)


class _CdiscItemSchema(_Values):
    makes = CdiscItem
    testcd = fields.String(required=True, validate=validate.Length(max=8))
    test = fields.String(required=True, validate=validate.Length(max=40))
    c_code = fields.String(required=True, validate=validate.Regexp(r"^C\d+$"))


class _ItemSchema(Schema):
    code = fields.String(required=True, validate=CODE_OF_PART)
    type = fields.Enum(ItemType, by_value=True, required=True)
    options = fields.List(_whole())
    scale = fields.String()
    minimum = _whole()
    maximum = _whole()
    decimals = _whole(validate=validate.Range(0, 3))
    marks = fields.List(_whole(), validate=validate.Length(2, 21))
    pictures = fields.Dict(fields.Integer(), fields.String())
    earliest = _Bound()
    latest = _Bound()
    unit = fields.String()
    required = fields.Boolean()
    when = fields.Nested(_WhenSchema)
    group = fields.String()
    exclusive = fields.Boolean()
    max_length = _whole(validate=validate.Range(1, 5000))
    recall = fields.String(validate=RECALL)
    label = fields.String()
    cdisc = fields.Nested(_CdiscItemSchema)
    loinc = fields.String()


class _GroupSchema(_Values):
    makes = ItemGroup
    code = fields.String(required=True, validate=CODE_OF_PART)
    layout = fields.Enum(Layout, by_value=True)
    picture = fields.String()
    least = _whole(validate=validate.Range(1, 100))
    most = _whole(validate=validate.Range(1, 100))


class _LanguageLicenceSchema(_Values):
    makes = LanguageLicence
    original_required = fields.Boolean(required=True)
    note = fields.String(required=True)


class _LicenceSchema(_Values):
    makes = Licence
    holder = fields.String(required=True)
    terms = fields.String(required=True)
    url = fields.Url()
    languages = fields.Dict(fields.String(), fields.Nested(_LanguageLicenceSchema), required=True)
    other = fields.Nested(_LanguageLicenceSchema, required=True)


class _SafetySchema(_Values):
    makes = SafetyItem
    item = fields.String(required=True)
    at_least = _whole(required=True)
    topic = fields.String(required=True)


class _ScoreSchema(_Values):
    makes = ScoreDefinition
    name = fields.String(required=True, validate=CODE_OF_PART)
    minimum = _whole()
    maximum = _whole()
    better = fields.Enum(Better, by_value=True)
    unit = fields.String()
    loinc = fields.String()
    snomed = fields.String()
    cdisc = fields.Nested(_CdiscItemSchema)
    scoring = fields.Nested(ScoringSchema)
    outcome = fields.String(validate=CODE_OF_PART)


class _CdiscSchema(Schema):
    qscat = fields.String(required=True)
    c_code = fields.String()
    testcd_codelist = fields.String()
    test_codelist = fields.String()
    qsscat = fields.String()
    versions = fields.List(fields.String())

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Cdisc:
        return Cdisc(**{**data, "versions": tuple(data.get("versions", ()))})


class DefinitionSchema(Schema):
    """What a definition file holds, from its code to its scores."""

    code = fields.String(required=True, validate=CODE_OF_PART)
    version = fields.String(required=True, validate=validate.Length(1, 20))
    recall = fields.String(validate=RECALL)
    scores = fields.List(fields.Nested(_ScoreSchema))
    scorer = fields.String(validate=CODE_OF_PART)
    scoring_version = fields.String(validate=validate.Length(1, 20))
    scales = fields.Dict(fields.String(validate=CODE_OF_PART), fields.List(_whole()))
    groups = fields.List(fields.Nested(_GroupSchema))
    items = fields.List(fields.Nested(_ItemSchema), required=True, validate=validate.Length(min=1))
    safety_items = fields.List(fields.Nested(_SafetySchema))
    rules = fields.List(fields.Nested(_RuleSchema))
    licence = fields.Nested(_LicenceSchema, required=True)
    cdisc = fields.Nested(_CdiscSchema)
    loinc = fields.String()
    sources = fields.List(fields.String())


def read_definition(raw: Mapping[str, Any]) -> Instrument:
    """An instrument without words yet, or `BadDefinition` naming everything that is wrong."""
    subject = str(raw.get("code", "?"))
    try:
        data: dict[str, Any] = DefinitionSchema().load(raw)
    except ValidationError as error:
        raise BadDefinition(subject, _flat(error.messages)) from error
    scales = {name: tuple(codes) for name, codes in data.pop("scales", {}).items()}
    raw_items = data.pop("items")
    places = Counter(item.get("group") for item in raw_items if item["type"] is ItemType.RANK)
    items = tuple(_item(item, scales, places) for item in raw_items)
    numbered = [item.code for item in items if item.type not in WORDS_NOT_NUMBERS]
    data["scores"] = [_expanded(score, numbered) for score in data.get("scores", [])]
    parts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    instrument = Instrument(items=items, scales=MappingProxyType(scales), **parts)
    if problems := [
        *definition_contradictions(instrument),
        *_uncomputed(instrument),
        *contradictions(items, instrument.scores),
    ]:
        raise BadDefinition(subject, problems)
    said = instrument.scores and instrument.scorer is None
    return replace(instrument, compute=compiled(items, instrument.scores)) if said else instrument


def _expanded(score: ScoreDefinition, numbered: list[str]) -> ScoreDefinition:
    return replace(score, scoring=with_every_item(score.scoring, numbered)) if score.scoring else score


def _uncomputed(instrument: Instrument) -> Iterator[str]:
    """A score that is promised and computed by nothing, or by two."""
    if instrument.scorer is None:
        silent = [score.name for score in instrument.scores if score.scoring is None]
        yield from (f"score {name}: say how it is computed (scoring), or by what (scorer)" for name in silent)
        return
    said = [score.name for score in instrument.scores if score.scoring is not None]
    yield from (f"score {name}: is computed by the scorer {instrument.scorer}; leave its scoring out" for name in said)
    if not instrument.scores:
        yield f"scorer {instrument.scorer}: name the scores that it gives"
    try:
        scorer(instrument.scorer)
    except UnknownScorer as unknown:
        yield unknown.message


def _item(raw: dict[str, Any], scales: Mapping[str, tuple[int, ...]], places: Mapping[str | None, int]) -> Item:
    codes = raw.pop("options", scales.get(raw.get("scale", ""), ()))
    if raw["type"] is ItemType.RANK:
        codes = range(1, places[raw.get("group")] + 1)
    marks, pictures = tuple(raw.pop("marks", ())), tuple(raw.pop("pictures", {}).items())
    return Item(options=tuple(Option(code) for code in codes), marks=marks, pictures=pictures, **raw)


def _flat(messages: Any, path: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(messages, list):
        yield from (f"{path}: {message}" for message in messages)
