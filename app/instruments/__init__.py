"""Questionnaires, as data and scoring. Pure: no database, no web, no clock.

`instrument("odi")` gives structure, licence and wordings; `check_answers` takes what a patient sent; `score` computes.
Structure is in `definitions/`, words in `wordings/`, EQ-5D values in `value_sets/`, arithmetic in `scoring/`.
"""

from app.instruments.answering import Checked, check_answers
from app.instruments.library import instrument, instruments
from app.instruments.model import Instrument, Item, Option
from app.instruments.problems import (
    AnswerProblem,
    BadAnswers,
    UnknownInstrument,
    UnknownLanguage,
    UnknownValueSet,
)
from app.instruments.scores import ComputedScore, score
from app.instruments.wording import Wording

__all__ = [
    "AnswerProblem",
    "BadAnswers",
    "Checked",
    "ComputedScore",
    "Instrument",
    "Item",
    "Option",
    "UnknownInstrument",
    "UnknownLanguage",
    "UnknownValueSet",
    "Wording",
    "check_answers",
    "instrument",
    "instruments",
    "score",
]
