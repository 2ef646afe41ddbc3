"""Why a number is absent, as a number: SPSS takes -999 to -900 for missing and shows what each means."""

from collections.abc import Iterable, Mapping

from app.exports.labelled.rules import Unwritable

LOWEST, HIGHEST = -999, -900
NUMBERED = (
    "not_due", "not_asked", "not_sent", "undelivered", "delivery_unknown", "not_opened", "opened", "partial",
    "skipped", "item_skipped", "not_applicable", "late_beyond_grace", "withdrawn", "died", "voided", "cancelled",
    "not_recorded", "corrected", "not_answered", "incomplete", "not_employed", "no_hours", "no_earlier",
    "not_scored", "not_planned", "no_period", "no_anchor", "after_anchor", "no_value",
)  # fmt: skip
"""Reasons that have had their number since it was first given: the first is -901. New ones are added at the end."""


def numbers(reasons: Iterable[str]) -> dict[str, int]:
    """The number of each reason: its own for good, or, of one that is not numbered, the next free in their order."""
    given = {reason: HIGHEST - 1 - place for place, reason in enumerate(NUMBERED)}
    free, numbered = HIGHEST - 1 - len(NUMBERED), {}
    for reason in dict.fromkeys(reasons):
        if reason not in given:
            given[reason], free = free, free - 1
        numbered[reason] = given[reason]
    if free < LOWEST - 1:
        raise Unwritable(f"There are more reasons for absence than SPSS has numbers from {LOWEST} to {HIGHEST}.")
    return numbered


def is_reserved(number: float) -> bool:
    """Whether SPSS would take this number for a reason."""
    return LOWEST <= number <= HIGHEST


def said(code: str, meaning: str) -> str:
    """A code with its meaning, in one label."""
    return f"{code}: {meaning}" if meaning else code


def labels(meanings: Mapping[str, str]) -> dict[int, str]:
    """Codes of a closed set as whole numbers from 1, in their order, each with its label."""
    return {place: said(code, meaning) for place, (code, meaning) in enumerate(meanings.items(), 1)}
