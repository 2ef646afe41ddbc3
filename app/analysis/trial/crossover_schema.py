"""The design of a cross-over as the file of a plan has it, and what must fit it."""

from itertools import pairwise
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.analysis.errors import listed
from app.analysis.trial.plan import Arms, PlannedAnalysis
from app.analysis.trial.plan_parts import text, whole
from app.analysis.trial.planned_crossover import CrossoverDesign, Period
from app.yaml_files.checking import ValueSchema

WITHOUT = ("responders", "blinding", "tipping_of", "subgroups")
"""What a plan of a cross-over cannot ask for: each belongs to one treatment of a participant."""


class PeriodSchema(ValueSchema):
    """One period of a cross-over."""

    kind = Period
    since = whole()
    days = fields.List(whole(1), required=True, validate=validate.Length(1))
    baseline = whole(required=False)


class CrossoverSchema(Schema):
    """Sequences by their label in the allocation, as labels of the arms in the order of the periods."""

    sequences = fields.Dict(
        keys=text(),
        values=fields.List(text(), validate=validate.Length(2)),
        required=True,
        validate=validate.Length(2, error="name at least two sequences"),
    )
    periods = fields.List(
        fields.Nested(PeriodSchema), required=True, validate=validate.Length(2, error="name at least two periods")
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> CrossoverDesign:
        sequences = {label: tuple(order) for label, order in data["sequences"].items()}
        return CrossoverDesign(sequences, tuple(data["periods"]))


def named(design: CrossoverDesign, arms: Arms) -> CrossoverDesign:
    """The design with the names of the treatments instead of their labels."""
    names = {arm.label: arm.name for arm in arms.each}
    sequences = {label: tuple(names[arm] for arm in order) for label, order in design.sequences.items()}
    return CrossoverDesign(sequences, design.periods)


def crossover_problems(data: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with a plan that has a cross-over, or an analysis of one, by the key that holds it."""
    design: CrossoverDesign | None = data.get("crossover")
    if design is None:
        said = "a cross-over needs the plan's crossover: its sequences and periods"
        return {"analyses": said} if any(own.model == "crossover" for own in _analyses(data)) else {}
    problems = {"crossover": _wrong_sequences(design, data) or _wrong_periods(design, data["days"])}
    for key in WITHOUT:
        if data.get(key):
            problems[key] = f"a participant of a cross-over has every treatment; leave {key} out"
    if any(profile.formula for profile in data.get("profiles", ())):
        problems["profiles"] = "a cross-over has no model of each item; leave the formula out"
    if data.get("has_baseline"):
        problems["has_baseline"] = "treatments are compared by their means; give each period its baseline instead"
    if "primary_day" in data:
        problems["primary_day"] = "a cross-over compares treatments over its periods; leave primary_day out"
    if others := [own.id for own in _analyses(data) if own.model != "crossover"]:
        problems["analyses"] = f"{listed(others)}: every analysis of a cross-over has the model crossover"
    return problems | _wrong_outcomes(design, data)


def _analyses(data: dict[str, Any]) -> list[PlannedAnalysis]:
    return [*data["analyses"], *(secondary.analysis for secondary in data.get("outcomes", ()))]


def _wrong_sequences(design: CrossoverDesign, data: dict[str, Any]) -> str:
    arms: Arms | None = data.get("arms")
    if arms is None:
        return "a cross-over compares treatments; name them under arms"
    labels = [arm.label for arm in arms.each]
    for label, order in design.sequences.items():
        if unknown := [arm for arm in order if arm not in labels]:
            return f"sequence {label} has {listed(unknown)}; the labels of the arms are {listed(labels, 20)}"
        if len(order) != len(design.periods):
            return f"sequence {label} has {len(order)} treatments, and there are {len(design.periods)} periods"
    taken = {arm for order in design.sequences.values() for arm in order}
    if never := [label for label in labels if label not in taken]:
        return f"no sequence has the arm {listed(never)}"
    if len(set(design.sequences.values())) < len(design.sequences):
        return "two sequences have the same order; give them one label"
    return ""


def _wrong_periods(design: CrossoverDesign, days: list[int]) -> str:
    own = [day for period in design.periods for day in period.days]
    if own != sorted(set(own)):
        return "list the days of the periods once, in ascending order"
    if own != days:
        return f"the days of the periods are {listed(own, 40)}, those of the plan {listed(days, 40)}; each must be both"
    for before, after in pairwise(design.periods):
        if not before.days[-1] <= after.since:
            return (
                f"the period since day {after.since} begins before the visit of day {before.days[-1]} of the last one"
            )
    for period in design.periods:
        first = min(period.days)
        if period.since > first:
            return f"the period since day {period.since} begins after its visit of day {first}"
        if period.baseline is not None and period.baseline >= first:
            return f"the baseline of day {period.baseline} must lie before the period's first visit, day {first}"
    if len({period.baseline is None for period in design.periods}) > 1:
        return "give every period a baseline, or none"
    return ""


def _wrong_outcomes(design: CrossoverDesign, data: dict[str, Any]) -> dict[str, Any]:
    """Other outcomes that some period does not have."""
    for secondary in data.get("outcomes", ()):
        for place, period in enumerate(design.periods, 1):
            if not set(period.days) & set(secondary.days):
                return {"outcomes": f"{secondary.analysis.id} has no visit in period {place}; see its days"}
        if strange := sorted(set(secondary.days) - {day for period in design.periods for day in period.days}):
            return {"outcomes": f"{secondary.analysis.id} has day {listed(strange)}, which no period has"}
    return {}
