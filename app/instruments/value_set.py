"""EQ-5D-5L value sets: what an index is made of. Decrements are exact decimals; nothing is rounded before the end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from types import MappingProxyType

DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")
LEVELS = "12345"
THOUSANDTH = Decimal("0.001")


def profiles() -> Iterator[str]:
    """All 3,125 health states."""
    return map("".join, product(LEVELS, repeat=len(DIMENSIONS)))


@dataclass(frozen=True, slots=True)
class Terms:
    """What some sets add to the sum of decrements, once or per dimension."""

    any_gt1: Decimal = Decimal(0)  # any dimension above level 1
    any_eq5: Decimal = Decimal(0)  # any dimension at level 5
    num45_minus1_sq: Decimal = Decimal(0)  # times the square of (dimensions at level 4 or 5, less one)
    level45: Mapping[str, Decimal] = field(
        default_factory=lambda: MappingProxyType({})
    )  # for each dimension at level 4 or 5

    def of(self, levels: Mapping[str, int]) -> Decimal:
        severe = [dimension for dimension, level in levels.items() if level >= 4]
        return (
            self.any_gt1 * (max(levels.values()) > 1)
            + self.any_eq5 * (max(levels.values()) == 5)
            + self.num45_minus1_sq * max(len(severe) - 1, 0) ** 2
            + sum((self.level45.get(dimension, Decimal(0)) for dimension in severe), Decimal(0))
        )


@dataclass(frozen=True, slots=True)
class Formula:
    """Full health plus one decrement per dimension and level, plus terms."""

    full_health: Decimal
    levels: Mapping[str, tuple[Decimal, ...]]
    terms: Terms = field(default_factory=Terms)

    def of(self, profile: str) -> Decimal:
        levels = dict(zip(DIMENSIONS, map(int, profile), strict=True))
        decrements = (self.levels[dimension][level - 1] for dimension, level in levels.items())
        return self.full_health + sum(decrements, Decimal(0)) + self.terms.of(levels)


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """One value per profile, as crosswalks are published."""

    values: Mapping[str, Decimal]

    def of(self, profile: str) -> Decimal:
        return self.values[profile]


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Published values of health states, with their source."""

    id: str
    country: str
    method: str
    citation: str
    doi: str
    values: Formula | ProfileTable
    pmid: str = ""

    def unrounded(self, profile: str) -> Decimal:
        """The value of a profile such as "12131", exactly as published."""
        return self.values.of(profile)

    def index(self, profile: str) -> Decimal:
        """The value, half up (ties away from zero) to 3 decimals."""
        return self.unrounded(profile).quantize(THOUSANDTH, ROUND_HALF_UP)
