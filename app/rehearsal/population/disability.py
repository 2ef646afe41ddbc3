"""The ODI of the synthetic people: sections whose sum is the rounded latent value."""

import numpy as np
from numpy.typing import NDArray

from app.rehearsal.parameters import Parameters
from app.rehearsal.population.latent import Days
from app.rehearsal.population.people import SyntheticPerson
from app.rehearsal.population.streams import stream

ODI_SECTIONS = (
    "pain_intensity",
    "personal_care",
    "lifting",
    "walking",
    "sitting",
    "standing",
    "sleeping",
    "sex_life",
    "social_life",
    "travelling",
)


def odi_sum(parameters: Parameters, number: int, odi: Days) -> tuple[NDArray[np.int64], int]:
    """The sums of the ODI sections nearest to the latent values, and the most they could be."""
    most = 45 if skips_sex_life(parameters, number) else 50
    return np.clip(np.floor(odi * most / 100 + 0.5), 0, most).astype(np.int64), most


def skips_sex_life(parameters: Parameters, number: int) -> bool:
    """Whether the person never answers the section that may be skipped."""
    return bool(stream(parameters.seed, number, "sex life").random() < parameters.severity.sex_life_skipped)


def odi_sections(person: SyntheticPerson, day: int, odi: float) -> dict[str, int]:
    """Sections whose sum is the rounded latent value; each person has sections that are worse than others."""
    total, most = odi_sum(person.parameters, person.number, np.array([odi]))
    sections = [section for section in ODI_SECTIONS if most == 50 or section != "sex_life"]
    taken = most_likely(person, day, "odi", np.repeat(np.arange(len(sections)), 5), int(total[0]))
    counts = np.bincount(taken, minlength=len(sections))
    return {section: int(count) for section, count in zip(sections, counts, strict=True)}


def most_likely(person: SyntheticPerson, day: int, code: str, places: np.ndarray, number: int) -> np.ndarray:
    """That many of the places, drawn without replacement by the person's own lasting tendencies."""
    own = stream(person.parameters.seed, person.number, f"{code} tendencies").normal(0, 0.8, places.max() + 1)
    noise = stream(person.parameters.seed, person.number, f"{code} {day}").gumbel(size=len(places))
    chosen: np.ndarray = places[np.argsort(-(own[places] + noise), kind="stable")[:number]]
    return chosen
