"""Reads simulation.yaml: its schema, and every error with its line."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.rehearsal.parameters import (
    BEHAVIOURS,
    Arm,
    Course,
    Delay,
    Enrolment,
    Habits,
    Happening,
    ItemModel,
    Moved,
    NeverInfused,
    Parameters,
    Screening,
    Severity,
    SimulatedSite,
)
from app.yaml_files import read_checked
from app.yaml_files.checking import ValueSchema

EXAMPLE_SIMULATION = "examples/backtobasic/simulation.yaml"


def read_parameters(source: Path) -> Parameters:
    """The checked parameters; raises FileError with every error and its line."""
    return Parameters(**read_checked(source, ParametersSchema(), EXAMPLE_SIMULATION))


def share(**more: object) -> fields.Float:
    """A number from 0 to 1."""
    return fields.Float(required=True, validate=validate.Range(0, 1), **more)  # type: ignore[arg-type]


def number(minimum: float | None = None, maximum: float | None = None) -> fields.Float:
    """A required number within limits."""
    return fields.Float(required=True, validate=validate.Range(minimum, maximum))


def whole(minimum: int = 0, maximum: int | None = None) -> fields.Integer:
    """A required whole number within limits; 2.5 is refused, not cut."""
    return fields.Integer(required=True, strict=True, validate=validate.Range(minimum, maximum))


def words() -> fields.List[str]:
    """A list of at least one text."""
    return fields.List(fields.String(validate=validate.Length(1)), required=True, validate=validate.Length(1))


def _adds_to_one(shares: dict[str, float]) -> None:
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValidationError(f"the shares add up to {sum(shares.values()):g}; they must add up to 1")


def behaviours() -> fields.Dict:
    """The shares of the behaviours."""
    kind = fields.String(validate=validate.OneOf(BEHAVIOURS))
    return fields.Dict(keys=kind, values=share(), required=True, validate=_adds_to_one)


class _EnrolmentSchema(ValueSchema):
    kind = Enrolment
    first = fields.Date(required=True)
    last = fields.Date(required=True)

    @validates_schema
    def _in_order(self, data: dict[str, date], **_: object) -> None:
        if data["last"] <= data["first"]:
            raise ValidationError("must come after first", "last")


class _SiteSchema(Schema):
    share = share()
    effect = number()


class _ArmSchema(Schema):
    label = fields.String(required=True, validate=validate.Length(1))
    change = fields.Dict(keys=fields.Integer(validate=validate.Range(0)), values=fields.Float(), required=True)

    @post_load
    def _build(self, data: dict[str, object], **_: object) -> Arm:
        change: dict[int, float] = data["change"]  # type: ignore[assignment]
        if change.get(0) != 0:
            raise ValidationError("must start with day 0, where the change is 0", "change")
        return Arm(str(data["label"]), tuple(sorted(change.items())))


class _SeveritySchema(ValueSchema):
    kind = Severity
    baseline_mean = number(0, 100)
    participant_sd = number(0)
    residual_sd = number(0)
    sex_life_skipped = share()


class _ItemModelSchema(ValueSchema):
    kind = ItemModel
    mean = number(0, 1)
    sd = number(0)
    correlation = number(-1, 1)
    driver = fields.String(required=True, validate=validate.OneOf(["severity", "change", "none"]))
    spread_items = number(0)


class _DelaySchema(ValueSchema):
    kind = Delay
    median = number(0.001)
    log_sd = number(0)
    longest = number(0.001)


class _HabitsSchema(ValueSchema):
    kind = Habits
    shares = behaviours()
    shares_at_baseline = behaviours()
    never_sd = number(0)
    delay_hours = fields.Nested(_DelaySchema, required=True)


class _HappeningSchema(ValueSchema):
    kind = Happening
    share = share()
    first_day = whole()
    last_day = whole()
    reasons = fields.List(fields.String(validate=validate.Length(1)), validate=validate.Length(1))
    longest_days = fields.Integer(strict=True, validate=validate.Range(1))


class _ScreeningSchema(ValueSchema):
    kind = Screening
    shortest = whole(1)
    longest = whole(1)


class _MovedSchema(ValueSchema):
    kind = Moved
    share = share()
    days = fields.List(whole(1), required=True, validate=validate.Length(1))


class _NeverInfusedSchema(ValueSchema):
    kind = NeverInfused
    count = whole()
    reasons = words()


class _CourseSchema(ValueSchema):
    kind = Course
    screening_days = fields.Nested(_ScreeningSchema, required=True)
    moved_infusion = fields.Nested(_MovedSchema, required=True)
    never_infused = fields.Nested(_NeverInfusedSchema, required=True)
    withdrawn = fields.Nested(_HappeningSchema, required=True)
    treatment_stopped = fields.Nested(_HappeningSchema, required=True)
    rescue_medication = fields.Nested(_HappeningSchema, required=True)
    phone_out = fields.Nested(_HappeningSchema, required=True)
    infusion_days = fields.List(whole(1), required=True)


class ParametersSchema(Schema):
    """What simulation.yaml must hold; unknown names are refused."""

    seed = whole()
    participants = whole(4)
    enrolment = fields.Nested(_EnrolmentSchema, required=True)
    zone = fields.String(
        required=True, validate=validate.OneOf(available_timezones(), error="no such time zone: {input}")
    )
    languages = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["nb", "en"])),
        values=fields.Float(),
        required=True,
        validate=_adds_to_one,
    )
    sites = fields.Dict(
        keys=fields.String(), values=fields.Nested(_SiteSchema), required=True, validate=validate.Length(1)
    )
    arms = fields.List(fields.Nested(_ArmSchema), required=True, validate=validate.Length(equal=2))
    severity = fields.Nested(_SeveritySchema, required=True)
    instruments = fields.Dict(keys=fields.String(), values=fields.Nested(_ItemModelSchema), required=True)
    behaviour = fields.Nested(_HabitsSchema, required=True)
    course = fields.Nested(_CourseSchema, required=True)

    @validates_schema
    def _hangs_together(self, data: dict[str, dict[str, dict[str, float]]], **_: object) -> None:
        if "default" not in data["instruments"]:
            raise ValidationError("must have an entry named default", "instruments")
        total = sum(site["share"] for site in data["sites"].values())
        if abs(total - 1) > 1e-9:
            raise ValidationError(f"the shares add up to {total:g}; they must add up to 1", "sites")

    @post_load
    def _build(self, data: dict[str, object], **_: object) -> dict[str, object]:
        sites: dict[str, dict[str, float]] = data["sites"]  # type: ignore[assignment]
        data["sites"] = tuple(SimulatedSite(code, **values) for code, values in sorted(sites.items()))
        data["arms"] = tuple(data["arms"])  # type: ignore[arg-type]
        data["zone"] = ZoneInfo(str(data["zone"]))
        return data
