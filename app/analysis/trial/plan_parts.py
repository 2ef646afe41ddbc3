"""The parts of a plan of analysis as the file has them, each checked by itself."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.analysis.covariance.choice import STRUCTURES
from app.analysis.errors import listed
from app.analysis.trial.plan import (
    Arms,
    BaselineRow,
    BlindingItem,
    DayZero,
    IntercurrentEvent,
    Membership,
    PlannedArm,
    Responder,
)
from app.yaml_files.checking import ValueSchema

COVARIANCES = tuple(STRUCTURES)
OVER_TIME = "sp_exp"
"""The covariance over the days between visits, as the export has them."""
VALUE_FIELDS = {"day", "values", "minimum", "maximum"}


def text(*choices: str, required: bool = True) -> fields.String:
    """A text that is not empty, or one of the choices."""
    return fields.String(required=required, validate=validate.OneOf(choices) if choices else validate.Length(1))


def texts(*choices: str) -> fields.List[str]:
    """A list of texts, none of them empty, or each one of the choices."""
    return fields.List(text(*choices))


def whole(minimum: int = 0, *, required: bool = True) -> fields.Integer:
    """A whole number; 2.5 is refused, not cut."""
    return fields.Integer(required=required, strict=True, validate=validate.Range(minimum))


def item(*, required: bool = True) -> fields.String:
    """An item of an instrument, written instrument.item."""
    shape = validate.Regexp(r"\w+\.\w+\Z", error="write instrument.item, as background.age")
    return fields.String(required=required, validate=shape)


def column_name() -> fields.String:
    """The name of a column that formulas can hold as it is."""
    return fields.String(validate=validate.Regexp(r"[a-z]\w*\Z", error="use a-z, 0-9 and _ only"))


def visit_codes() -> fields.Dict:
    """Codes of visits by the day under which the plan has them."""
    shape = validate.Regexp(
        r"[A-Za-z0-9][\w-]*(\.[0-9]+)?\Z", error="write a visit's code, as quarter-4 or flare-week.1"
    )
    return fields.Dict(keys=fields.Integer(), values=fields.String(validate=shape))


def wrong_visits(data: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the days and codes of a plan or of an outcome, by key."""
    days, codes = data["days"], data.get("visit_codes", {})
    wrong = {}
    if days[0] == 0 and data.get("has_baseline", True):
        wrong["days"] = "day 0 is the baseline; leave it out, or write has_baseline: false"
    if strange := [str(day) for day in codes if day not in days]:
        wrong["visit_codes"] = f"day {listed(strange)} is not one of the days"
    elif twice := sorted(code for code in set(codes.values()) if list(codes.values()).count(code) > 1):
        wrong["visit_codes"] = f"{listed(twice)} stands for more than one day"
    return wrong


class ArmSchema(ValueSchema):
    """One arm: label in the allocation, name in the report."""

    kind = PlannedArm
    label = text()
    name = text()


class ArmsSchema(ValueSchema):
    """The reference, and the arm or the list of arms that is compared with it."""

    active = fields.Raw(required=True)
    reference = fields.Nested(ArmSchema, required=True)

    @validates_schema
    def _differ(self, data: dict[str, Any], **_: Any) -> None:
        arms = [data["reference"], *_arms(data["active"])]
        for names in ([arm.label for arm in arms], [arm.name for arm in arms]):
            if len(set(names)) < len(names):
                raise ValidationError("the arms need different labels and different names", "reference")

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Arms:
        active, *others = _arms(data["active"])
        return Arms(active, data["reference"], tuple(others))


def _arms(given: Any) -> list[PlannedArm]:
    """One arm or several, as the file has them."""
    several = given if isinstance(given, list) else [given]
    if not several:
        raise ValidationError("name at least one arm", "active")
    try:
        return [ArmSchema().load(arm) for arm in several]
    except ValidationError as error:
        raise ValidationError(error.messages, "active") from None


class DayZeroSchema(ValueSchema):
    """The event of day 0, and how the report calls it."""

    kind = DayZero
    event = text()
    title = text()


class MembershipSchema(ValueSchema):
    """One condition of a population: of events, of a score, or of an item."""

    kind = Membership
    events = fields.List(text(), validate=validate.Length(1))
    at_least = whole(0, required=False)
    at_most = whole(required=False)
    since = fields.Integer(strict=True)
    until = fields.Integer(strict=True)
    score = text(required=False)
    item = item(required=False)
    day = fields.Integer(strict=True)
    values = fields.List(fields.Float(), validate=validate.Length(1))
    minimum = fields.Float()
    maximum = fields.Float()

    @validates_schema
    def _of_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        things = [name for name in ("events", "score", "item") if name in data]
        if len(things) != 1:
            raise ValidationError("give one of events, score or item", "events")
        own = {"at_least", "at_most", "since", "until"} if things == ["events"] else VALUE_FIELDS
        if strange := sorted(set(data) - own - set(things)):
            raise ValidationError(f"{', '.join(strange)} says nothing of {things[0]}", strange[0])

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Membership:
        if data.get("at_most") is not None and "at_least" not in data:
            data = {**data, "at_least": 0}
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
        return Membership(**given)


class Named(Schema):
    """A mapping that becomes a value named by its key."""

    id = text(required=False)


class CovariateSchema(Named):
    """Where a column of the models comes from."""

    score = text(required=False)
    item = item(required=False)
    day = fields.Integer(strict=True)
    file = text(required=False)
    column = text(required=False)
    levels = fields.Raw()

    @validates_schema
    def _has_levels(self, data: dict[str, Any], **_: Any) -> None:
        if "levels" not in data:
            return
        levels = data["levels"]
        words = [*levels, *levels.values()] if isinstance(levels, dict) else levels
        if not isinstance(levels, list | dict) or not all(isinstance(word, str) for word in words):
            raise ValidationError('list the levels as text ("1"), or give each its title ({"1": Women})', "levels")
        if len(set(levels)) < max(2, len(levels)):
            raise ValidationError("a factor has at least two levels, each once", "levels")

    @post_load
    def _with_titles(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        levels = data.get("levels")
        if not isinstance(levels, dict):
            return data
        return {**data, "levels": list(levels), "titles": list(levels.values())}

    @validates_schema
    def _has_source(self, data: dict[str, Any], **_: Any) -> None:
        if len({"score", "item", "file"} & set(data)) != 1:
            raise ValidationError("give one of score, item or file", "score")
        if ("file" in data) != ("column" in data):
            raise ValidationError("a file, and nothing else, has a column", "column")


class PopulationSchema(Named):
    """A population: its title, and the conditions that all must hold."""

    title = text()
    all_of = fields.List(fields.Nested(MembershipSchema))


class IntercurrentEventSchema(ValueSchema):
    """An intercurrent event and what is done about it."""

    kind = IntercurrentEvent
    event = text()
    strategy = text()
    handling = text()


class EstimandSchema(Named):
    """The five attributes of an estimand, and its role."""

    title = text()
    role = text("primary", "supplementary")
    treatment = text()
    population = text()
    variable = text()
    intercurrent_events = fields.List(fields.Nested(IntercurrentEventSchema), required=True)
    summary = text()


class BaselineSchema(ValueSchema):
    """One row of the baseline table."""

    kind = BaselineRow
    title = text()
    score = text(required=False)
    item = item(required=False)
    code = whole(required=False)
    value_set = text(required=False)
    decimals = whole(required=False)

    @validates_schema
    def _has_source(self, data: dict[str, Any], **_: Any) -> None:
        if ("score" in data) == ("item" in data):
            raise ValidationError("give either a score or an item", "title")


class ResponderSchema(ValueSchema):
    """What counts as a response."""

    kind = Responder
    points = fields.Float(validate=validate.Range(0, min_inclusive=False))
    percent = fields.Float(validate=validate.Range(0, 100, min_inclusive=False))
    missing = text("non-responder", "observed", required=False)

    @validates_schema
    def _has_one(self, data: dict[str, Any], **_: Any) -> None:
        if ("points" in data) == ("percent" in data):
            raise ValidationError("give either points or percent", "points")


class BlindingSchema(ValueSchema):
    """The item in which participants guess their arm."""

    kind = BlindingItem
    item = item()
    day = whole()
    active = whole()
    reference = whole()
    dont_know = whole()
