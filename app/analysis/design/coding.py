"""How a formula's columns are coded, learnt once from formulaic.

formulaic decides which columns a formula has and what they are called. A column of plain factors and numeric columns
is then a product of indicators and values, which is quicker to make ourselves: marginal means, imputation and
resampling code the same formula hundreds of times. Formulas with transformations are left to formulaic each time.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.design.arithmetic import FUNCTIONS
from app.analysis.design.formula import read_formula, refused, written_factor
from app.analysis.design.naming import ALIAS, alias, name_of, readable
from app.analysis.distributions import Array

CONTEXT = {name: function for name, function in FUNCTIONS.items() if "." not in name}
"""Functions that a formula may call without `np.`."""
MATRIX_OPTIONS: dict[str, Any] = {"context": CONTEXT, "output": "numpy", "na_action": "ignore"}


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
    recalled = recall(formula, levels, numeric)
    return recalled if recalled is not None else learn(formula, as_frame(columns, length))


def learn(formula: str, frame: pd.DataFrame) -> Coding:
    """formulaic's own coding of this frame; raises DataError in place of what formulaic raises."""
    spec = spec_of(formula, frame)

    def encode(columns: Columns, length: int) -> Array:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error", DataMismatchWarning)
                return np.asarray(spec.get_model_matrix(as_frame(columns, length), **MATRIX_OPTIONS), float)
        except Exception as error:
            raise refused(error, formula) from None

    from formulaic.errors import DataMismatchWarning

    return Coding(tuple(shown(str(name)) for name in spec.column_names), *terms_of(spec), encode)


def spec_of(formula: str, frame: pd.DataFrame) -> Any:
    """What formulaic learns of the right side from this frame."""
    try:
        with np.errstate(all="ignore"):
            return read_formula(formula).terms.get_model_matrix(frame, **MATRIX_OPTIONS).model_spec
    except Exception as error:
        raise refused(error, formula) from None


def terms_of(spec: Any) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, ...], ...]]:
    """The terms by their factors as they are written, and the columns of each."""
    terms = tuple(tuple(written_factor(factor) for factor in term.factors) for term in spec.terms)
    return terms, tuple(tuple(spec.term_indices[term]) for term in spec.terms)


def shown(column: str) -> str:
    """A column of formulaic's as people read it: a name by itself stands without backticks."""
    whole = re.sub(rf"(^|:)({ALIAS.pattern})(?=$|[:\[])", lambda match: match[1] + name_of(match[2]), column)
    return readable(whole)


@lru_cache(maxsize=64)
def recall(formula: str, levels: tuple[tuple[str, tuple[Any, ...]], ...], numeric: tuple[str, ...]) -> Coding | None:
    """The coding as products of indicators and values; None where the formula holds more than names.

    formulaic sees the levels by number, so that no two columns have one name, whatever the levels are called.
    """
    factors = dict(levels)
    if any(is_more_than_a_name(factor) for term in read_formula(formula).terms for factor in term.factors):
        return None
    size = max([len(own) for own in factors.values()] or [1])
    numbered = {name: tuple(f"l{place}" for place in range(len(own))) for name, own in factors.items()}
    sample: Columns = {name: Coded(np.arange(size) % len(own), own) for name, own in numbered.items()}
    spec = spec_of(formula, as_frame({**sample, **{name: np.arange(1.0, size + 1) for name in numeric}}, size))
    named = {name: parts for term in spec.terms for name, parts in _candidates(term, factors).items()}
    columns = [named[str(name)] for name in spec.column_names]
    recipe = [parts for _, parts in columns]
    return Coding(
        tuple(name for name, _ in columns),
        *terms_of(spec),
        lambda columns, length: product_columns(columns, recipe, length),
    )


def is_more_than_a_name(factor: Any) -> bool:
    """Whether a factor of a term is a call or a number; the intercept is neither."""
    kind = factor.eval_method.name
    return kind == "PYTHON" or (kind == "LITERAL" and str(factor.expr) != "1")


def _candidates(term: Any, factors: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[str, tuple[Part, ...]]]:
    """Every name that formulaic may give a column of this term: as people read it, and the parts of its product.

    A column may lack factors of its term: arm:sex without arm and sex has columns of sex alone.
    """
    if str(term) == "1":
        return {"Intercept": ("Intercept", ())}
    options: list[list[tuple[str, str, Part] | None]] = []
    for word in (str(factor.expr) for factor in term.factors):
        name = name_of(word)
        own: list[tuple[str, str, Part] | None] = [None, (word, name, (name, None))]
        for place, level in enumerate(factors.get(name, ())):
            own.append((f"{word}[T.l{place}]", f"{name}[T.{level}]", (name, level)))
            own.append((f"{word}[l{place}]", f"{name}[{level}]", (name, level)))
        options.append(own)
    return {
        ":".join(column for column, _, _ in parts): (
            ":".join(name for _, name, _ in parts),
            tuple(part for _, _, part in parts),
        )
        for parts in ([part for part in choice if part is not None] for choice in product(*options))
        if parts
    }


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
    """A frame of these variables by their aliases, factors as categories: what formulaic codes."""
    made = {
        alias(name): pd.Categorical.from_codes(column.codes, pd.Index(column.levels, tupleize_cols=False))
        if isinstance(column, Coded)
        else column
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
