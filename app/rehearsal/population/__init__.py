"""The synthetic population: pure and seeded. People, their latent course, their answers and habits, and the truth."""

from app.rehearsal.population.behaviour import Behaviour, behaviour
from app.rehearsal.population.items import answers
from app.rehearsal.population.latent import Latent, latent
from app.rehearsal.population.people import PersonEvent, SyntheticPerson, cohort
from app.rehearsal.population.truth import direct_trial, true_difference

__all__ = [
    "Behaviour",
    "Latent",
    "PersonEvent",
    "SyntheticPerson",
    "answers",
    "behaviour",
    "cohort",
    "direct_trial",
    "latent",
    "true_difference",
]
