"""The latent course: a mixed model of the ODI, and how bad it is on a standard scale.

odi = mean + site + participant + mean change of the arm + residual. Treatment stops do not alter the course, so the
treatment-policy difference is the difference of the arms' means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from app.rehearsal.parameters import Arm, Parameters
from app.rehearsal.population.people import SyntheticPerson, arm_of, site_of
from app.rehearsal.population.streams import HORIZON, stream

Days = NDArray[np.float64]
"""One number for each study day."""


@dataclass(frozen=True)
class Latent:
    """The state of one person on one study day."""

    odi: float
    severity: float
    """Standardised: 0 is the average at baseline, 1 is one SD worse."""
    change: float
    """Standardised change of the severity since day 0; negative is better."""


def latent(person: SyntheticPerson, day: int) -> Latent:
    """The person's latent state on that study day."""
    model = person.parameters.severity
    odi, baseline = odi_course(person.parameters, person.number, [day, 0]).tolist()
    spread = hypot(model.participant_sd, model.residual_sd) or 1.0
    return Latent(odi, (odi - model.baseline_mean) / spread, (odi - baseline) / (sqrt(2) * model.residual_sd or 1.0))


def mean_change(arm: Arm, days: Sequence[int]) -> Days:
    """The arm's mean change of the latent ODI since day 0, linear between the days given."""
    given_days, changes = zip(*arm.change, strict=True)
    return np.asarray(np.interp(days, given_days, changes))


def odi_course(parameters: Parameters, number: int, days: Sequence[int]) -> Days:
    """The latent ODI of one person on the study days."""
    model = parameters.severity
    arm = parameters.arms[arm_of(parameters, number)]
    draws = _draws(parameters.seed, number)
    own = draws[0] * model.participant_sd + draws[1 + np.asarray(days)] * model.residual_sd
    centre = model.baseline_mean + site_of(parameters, number).effect
    return np.asarray(centre + mean_change(arm, days) + own)


@lru_cache(maxsize=256)
def _draws(seed: int, number: int) -> Days:
    """Standard normal draws: the participant's own, then one for each study day."""
    return stream(seed, number, "severity").standard_normal(1 + HORIZON)
