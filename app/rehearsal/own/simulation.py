"""How the people of a rehearsed study behave: a file of a few keys, each of which may be left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.yaml_files import read_checked

EXAMPLE_OWN_SIMULATION = "examples/registry/simulation.yaml"
SHARE = validate.Range(0, 1)


@dataclass(frozen=True)
class OwnEvent:
    """When something happens to people: so many days after enrolment, drawn between the two, to this share of them."""

    after_days: tuple[int, int]
    share: float = 1.0
    times: int = 1


@dataclass(frozen=True)
class OwnSimulation:
    """Who is made up, and how they answer."""

    participants: int = 40
    seed: int = 1
    first_day: date = date(2026, 1, 5)
    enrolled_over_days: int = 60
    reminded: float = 0.2
    """The share of visits that are answered after a reminder."""
    never: float = 0.1
    leaves: float = 0.05
    emails: float = 0.3
    """The share of people who give an e-mail address and are written to there, where the protocol writes e-mails."""
    returned: float = 0.1
    """The share of those whose e-mails come back; they are texted then."""
    delay_hours: float = 3.0
    events: Mapping[str, OwnEvent] = field(default_factory=dict)
    effects: Mapping[str, float] = field(default_factory=dict)
    """By the label of an arm, how far its people's answers lie from the others', in standard deviations."""


def read_simulation(path: Path) -> OwnSimulation:
    """The simulation of this file; FileError names everything that is wrong, with its line."""
    return OwnSimulation(**read_checked(path, SimulationSchema(), EXAMPLE_OWN_SIMULATION))


class SimulatedEventSchema(Schema):
    """One event."""

    after_days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(0, 3650)), required=True, validate=validate.Length(2, 2)
    )
    share = fields.Float(validate=SHARE)
    times = fields.Integer(strict=True, validate=validate.Range(1, 20))

    @validates_schema
    def _in_order(self, data: dict[str, list[int]], **_: object) -> None:
        first, last = data.get("after_days", [0, 0])
        if first > last:
            raise ValidationError("the first day lies after the last", "after_days")

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> OwnEvent:
        return OwnEvent(tuple(data.pop("after_days")), **data)


class SimulationSchema(Schema):
    """The whole file."""

    participants = fields.Integer(strict=True, validate=validate.Range(1, 999))
    seed = fields.Integer(strict=True, validate=validate.Range(0, 2**31))
    first_day = fields.Date()
    enrolled_over_days = fields.Integer(strict=True, validate=validate.Range(0, 3650))
    reminded = fields.Float(validate=SHARE)
    never = fields.Float(validate=SHARE)
    leaves = fields.Float(validate=SHARE)
    emails = fields.Float(validate=SHARE)
    returned = fields.Float(validate=SHARE)
    delay_hours = fields.Float(validate=validate.Range(0.01, 240))
    events = fields.Dict(fields.String(), fields.Nested(SimulatedEventSchema))
    effects = fields.Dict(fields.String(), fields.Float(validate=validate.Range(-5, 5)))

    @validates_schema
    def _whole(self, data: dict[str, float], **_: object) -> None:
        if data.get("reminded", 0.2) + data.get("never", 0.1) > 1:
            raise ValidationError("more than everybody: `reminded` and `never` together are above 1", "never")
