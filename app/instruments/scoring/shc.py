"""Subjective Health Complaints: sums of severity, in all and in five groups (Eriksen, Ihlebæk and Ursin 1999).

No rule for missing items is published; a sum needs all of its items.
"""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, complete_sum

VERSION = "1"
GROUPS = {
    "shc_musculoskeletal": (
        "headache", "neck", "upper_back", "low_back", "arms", "shoulders", "migraine", "feet_exertion",
    ),
    "shc_pseudoneurology": (
        "palpitations", "hot_flushes", "sleep", "tiredness", "dizziness", "anxiety", "low_mood",
    ),
    "shc_gastrointestinal": (
        "heartburn", "stomach_discomfort", "gastritis", "stomach_cramp", "wind", "diarrhoea", "constipation",
    ),
    "shc_allergy": ("asthma", "chest", "breathing", "eczema", "allergy"),
    "shc_flu": ("cold", "cough"),
}  # fmt: skip
ITEMS = tuple(item for items in GROUPS.values() for item in items)


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    groups = (complete_sum(name, answers, items) for name, items in GROUPS.items())
    return (complete_sum("shc", answers, ITEMS), *groups)
