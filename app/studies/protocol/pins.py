"""Which questionnaires a protocol asks, by version and hash, and how their answers are scored.

A file may name a version, a least number of answers and the version of the words in a language, under `instruments`;
and under `value_sets` the value sets of a questionnaire, the principal one first. What it leaves open is filled in when
the protocol is installed, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pin:
    """One questionnaire as a protocol asks it; `wordings` are versions of words by language."""

    version: str | None = None
    sha256: str | None = None
    minimum_answered: int | None = None
    wordings: Mapping[str, str] = field(default_factory=dict)
