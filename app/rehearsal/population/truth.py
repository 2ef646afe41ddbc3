"""What is true in the synthetic trial, and direct draws of the trial without the service."""

from collections.abc import Iterator
from dataclasses import replace
from math import hypot
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from app.rehearsal.parameters import Arm, Parameters
from app.rehearsal.population.behaviour import kinds
from app.rehearsal.population.disability import odi_sum
from app.rehearsal.population.latent import mean_change, odi_course
from app.rehearsal.population.people import arm_of, day_of, never_infused, site_of

ODI_DAYS = (0, 28, 56, 91, 120, 154, 278)


class TrueScore(NamedTuple):
    """The ODI of one visit in a trial drawn directly; `odi` in percent."""

    participant: int
    site: str
    arm: str
    visit: str
    day: int
    odi: float


def true_difference(parameters: Parameters, day: int = 154) -> float:
    """The expected complete-data difference of the ODI's change, first arm minus second, after rounding to items.

    Exact: the mean of a rounded and cut normal variable is a sum of normal probabilities, averaged over sites and over
    those who skip a section.
    """
    first, second = (_mean_change_of_score(parameters, arm, day) for arm in parameters.arms)
    return first - second


def _mean_change_of_score(parameters: Parameters, arm: Arm, day: int) -> float:
    model = parameters.severity
    change = 0.0
    for site in parameters.sites:
        for most, weight in ((50, 1 - model.sex_life_skipped), (45, model.sex_life_skipped)):
            centre = model.baseline_mean + site.effect
            after, before = (
                _mean_score(parameters, centre + float(mean_change(arm, [at])[0]), most) for at in (day, 0)
            )
            change += site.share * weight * (after - before)
    return change


def _mean_score(parameters: Parameters, centre: float, most: int) -> float:
    """The mean of 100/most * (latent * most/100, rounded to a whole number and cut to 0..most)."""
    spread = hypot(parameters.severity.participant_sd, parameters.severity.residual_sd)
    steps = (np.arange(1, most + 1) - 0.5) * 100 / most
    return float(100 / most * ndtr((centre - steps) / spread).sum())


def direct_trial(parameters: Parameters, seed: int) -> pd.DataFrame:
    """The ODI of one trial by the same model, without the service: participant, site, arm, visit, day, odi.

    Everyone with an infusion. No score where the visit was never or only partly answered, where day 0 was answered
    after the first infusion, and after withdrawal.
    """
    drawn = replace(parameters, seed=seed)
    missed_out = never_infused(drawn)
    numbers = (number for number in range(1, drawn.participants + 1) if number not in missed_out)
    frame = pd.DataFrame(
        [score for number in numbers for score in _scores(drawn, number)],
        columns=TrueScore._fields,
    )
    frame["visit"] = pd.Categorical(frame["visit"], [_visit(day) for day in ODI_DAYS], ordered=True)
    frame["arm"] = pd.Categorical(frame["arm"], [arm.label for arm in reversed(drawn.arms)])
    frame["site"] = pd.Categorical(frame["site"], [site.code for site in drawn.sites])
    return frame


def _visit(day: int) -> str:
    return f"d{day}" if day else "baseline"


def _scores(parameters: Parameters, number: int) -> Iterator[TrueScore]:
    site, arm = site_of(parameters, number).code, parameters.arms[arm_of(parameters, number)].label
    ticked, most = odi_sum(parameters, number, odi_course(parameters, number, ODI_DAYS))
    withdrawn = day_of(parameters, number, "withdrawn", parameters.course.withdrawn)
    for day, kind, total in zip(ODI_DAYS, kinds(parameters, number, ODI_DAYS), ticked.tolist(), strict=True):
        too_late = kind == "late" and day == 0
        if kind not in ("never", "partly") and not too_late and (withdrawn is None or day < withdrawn[0]):
            yield TrueScore(number, site, arm, _visit(day), day, 100 * total / most)
