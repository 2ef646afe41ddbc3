"""How a formula's columns are coded, learnt once from formulaic.

formulaic decides which columns a formula has and what they are called. A column of plain factors and numeric columns
is then a product of indicators and values, which is quicker to make ourselves: marginal means, imputation and
resampling code the same formula hundreds of times. Formulas with transformations are left to formulaic each time.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.design.arithmetic import FUNCTIONS
from app.analysis.design.formula import read_formula, refused
from app.analysis.distributions import Array

CONTEXT = {name: function for name, function in FUNCTIONS.items() if "." not in name}
"""Functions that a formula may call without `np.`."""


@dataclass(frozen=True)
class Coded:
    """A factor as codes into its levels."""

    codes: npt.NDArray[np.integer[Any]]
    levels: tuple[Any, ...]


Columns = Mapping[str, "Coded | Array"]
"""Factors as codes, numeric columns as they are."""

Encode = Callable[[Columns, int], Array]
"""The model's columns for so many rows of variables."""

Part = tuple[str, Any]
"""A factor's name with one of its levels, or a numeric column's name with None."""


@dataclass(frozen=True)
class Coding:
    """The columns of a formula's right side, and how to make them from the variables."""

    names: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]
    places: tuple[tuple[int, ...], ...]
    """Which columns each term has."""
    encode: Encode


def coding_for(formula: str, columns: Columns, length: int) -> Coding:
    """The coding of `formula` for variables like these."""
    levels = tuple((name, column.levels) for name, column in columns.items() if isinstance(column, Coded))
    numeric = tuple(name for name, column in columns.items() if not isinstance(column, Coded))
    recipe = recall(formula, levels, numeric)
    return recipe if recipe is not None else learn(formula, as_frame(columns, length))


def learn(formula: str, frame: pd.DataFrame) -> Coding:
    """formulaic's own coding of this frame; raises DataError in place of what formulaic raises."""
    kept = {"context": CONTEXT, "output": "numpy", "na_action": "ignore"}
    try:
        with np.errstate(all="ignore"):
            spec = read_formula(formula).terms.get_model_matrix(frame, **kept).model_spec
    except Exception as error:
        raise refused(error, formula) from None

    def encode(columns: Columns, length: int) -> Array:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error", DataMismatchWarning)
                return np.asarray(spec.get_model_matrix(as_frame(columns, length), **kept), float)
        except Exception as error:
            raise refused(error, formula) from None

    from formulaic.errors import DataMismatchWarning

    return Coding(
        tuple(str(name) for name in spec.column_names),
        tuple(tuple(str(factor) for factor in term.factors) for term in spec.terms),
        tuple(tuple(spec.term_indices[term]) for term in spec.terms),
        encode,
    )


@lru_cache(maxsize=64)
def recall(formula: str, levels: tuple[tuple[str, tuple[Any, ...]], ...], numeric: tuple[str, ...]) -> Coding | None:
    """The coding as products of indicators and values; None where the formula holds more than names."""
    factors = dict(levels)
    if any(factor.eval_method.name == "PYTHON" for term in read_formula(formula).terms for factor in term.factors):
        return None
    size = max([len(own) for own in factors.values()] or [1])
    sample = pd.DataFrame(
        {name: pd.Categorical([own[i % len(own)] for i in range(size)], list(own)) for name, own in factors.items()}
        | {name: np.arange(1.0, size + 1) for name in numeric}
    )
    coding = learn(formula, sample)
    recipe: list[tuple[Part, ...]] = [()] * len(coding.names)
    for term, places in zip(coding.terms, coding.places, strict=True):
        parts_of = _candidates(term, factors)
        if any(coding.names[place] not in parts_of for place in places):
            return None
        for place in places:
            recipe[place] = parts_of[coding.names[place]]
    return replace(coding, encode=lambda columns, length: product_columns(columns, recipe, length))


def _candidates(term: tuple[str, ...], factors: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Part, ...]]:
    """Every name that a column of this term may have, with the parts it is the product of."""
    if term == ("1",):
        return {"Intercept": ()}
    options = []
    for name in term:
        own: list[tuple[str, Part]] = [(name, (name, None))]
        if name in factors:
            own = [(f"{name}[T.{level}]", (name, level)) for level in factors[name]]
            own += [(f"{name}[{level}]", (name, level)) for level in factors[name]]
        options.append(own)
    return {":".join(n for n, _ in parts): tuple(part for _, part in parts) for parts in product(*options)}


def columns_of(arrays: Mapping[str, Any] | pd.DataFrame, names: Iterable[str]) -> Columns:
    """The named variables of a frame or a mapping of arrays, factors as codes."""
    out: dict[str, Coded | Array] = {}
    for name in names:
        values = getattr(arrays[name], "array", arrays[name])
        if isinstance(values, pd.Categorical):
            out[name] = Coded(values.codes, tuple(values.categories))
        else:
            out[name] = np.asarray(values, float)
    return out


def everybody_in(columns: Columns, factor: str, level: Any) -> Columns:
    """The same rows with one factor at one level for everybody; unchanged where the formula has no such factor."""
    own = columns.get(factor)
    if not isinstance(own, Coded):
        return columns
    return {**columns, factor: Coded(np.full(len(own.codes), own.levels.index(level)), own.levels)}


def as_frame(columns: Columns, length: int) -> pd.DataFrame:
    """A frame of these variables with `length` rows, factors as categories: what formulaic codes."""
    made = {
        name: pd.Categorical.from_codes(column.codes, pd.Index(column.levels)) if isinstance(column, Coded) else column
        for name, column in columns.items()
    }
    return pd.DataFrame(made, index=range(length))


def product_columns(columns: Columns, recipe: list[tuple[Part, ...]], length: int) -> Array:
    """One column per entry of the recipe."""
    made: dict[Part, Array] = {}
    out = np.ones((len(recipe), length))
    for row, parts in zip(out, recipe, strict=True):
        for part in parts:
            if part not in made:
                made[part] = _part(columns[part[0]], part[1])
            row *= made[part]
    return np.asarray(out.T)


def _part(column: "Coded | Array", level: Any) -> Array:
    if isinstance(column, Coded):
        return np.asarray(column.codes == column.levels.index(level), float)
    return column
