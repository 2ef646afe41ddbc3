"""What a person does when the text about a visit arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy.special import ndtr, ndtri

from app.rehearsal.parameters import Delay, Habits, Parameters
from app.rehearsal.population.people import SyntheticPerson
from app.rehearsal.population.streams import HORIZON, stream

ANSWERING = ("soon", "reminder_1", "reminder_2", "late", "partly")


@dataclass(frozen=True)
class Behaviour:
    """How one visit is answered.

    kind: soon (after the invitation), reminder_1, reminder_2, late (after closing, in grace), partly (after the
    invitation, required items missing) or never. delay counts from the text that the answer follows; for late, from
    closing.
    """

    kind: str
    delay: timedelta


def behaviour(person: SyntheticPerson, visit_day: int) -> Behaviour:
    """What the person does about the visit of that study day; the same whenever it is asked."""
    habits = person.parameters.behaviour
    draw = stream(person.parameters.seed, person.number, f"behaviour {visit_day}")
    kind = kinds(person.parameters, person.number, [visit_day])[0]
    return Behaviour(kind, timedelta(hours=_time(draw, habits.delay_hours)))


def kinds(parameters: Parameters, number: int, days: Sequence[int]) -> list[str]:
    """The kind of behaviour on each of the study days."""
    draw = stream(parameters.seed, number, "habits")
    own, answered = draw.standard_normal(), draw.random((HORIZON, 2))
    return [_kind(parameters.behaviour, day, own, *answered[day]) for day in days]


def _kind(habits: Habits, day: int, own: float, whether: float, how: float) -> str:
    """Never with a probit that varies between people and keeps the share; else one of the others."""
    shares = habits.shares if day else habits.shares_at_baseline
    never = shares.get("never", 0.0)
    threshold = ndtri(never) * np.sqrt(1 + habits.never_sd**2) + habits.never_sd * own if never else -np.inf
    if whether < ndtr(threshold):
        return "never"
    others = np.cumsum([shares.get(kind, 0.0) for kind in ANSWERING])
    return ANSWERING[int(np.searchsorted(others, how * others[-1]))]


def _time(draw: np.random.Generator, delay: Delay) -> float:
    return float(min(delay.median * np.exp(delay.log_sd * draw.standard_normal()), delay.longest))
