"""What it means to test a term: type III, by equally weighted marginal means.

A term of factors asks whether the cell means of its levels, each averaged equally over the levels of the other factors
and with covariates at their mean, differ beyond the terms of the model that it contains; a term with a covariate asks
the same of the covariate's slopes. So `arm` beside `arm:visit` is tested over all visits, not at the reference visit
(SAS PROC MIXED's type III; emmeans' joint_tests). Terms and their columns are the formula's structure; no name of a
column or level is ever taken apart.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from scipy import linalg

from app.analysis.design.coding import Columns
from app.analysis.design.design import Design, variables_of
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, listed
from app.analysis.results.marginal import grid_column, grid_values

INTERCEPT = ("1",)
MOST_POINTS = 8


@dataclass(frozen=True)
class Hypothesis:
    """Rows of L whose joint zero is tested, and in words what that says."""

    L: Array = field(repr=False)
    words: str


@dataclass(frozen=True)
class Content:
    """The factors and the covariates of one term, and the expressions in which the covariates stand."""

    factors: tuple[str, ...]
    covariates: tuple[str, ...]
    expressions: frozenset[str]


def type_three(design: Design, term: str | Sequence[str]) -> Hypothesis:
    """The hypothesis of a term: "arm", "arm:visit", or its variables as a list; AnalysisError where there is none."""
    wanted = find_term(design, term)
    if wanted == INTERCEPT:
        place = design.places[design.terms.index(INTERCEPT)]
        return Hypothesis(design.estimable.part(np.eye(len(design.all_names))[list(place)]), "the intercept is zero")
    content = content_of(design, wanted)
    cells = cell_means(design, content, len(design.places[design.terms.index(wanted)]))
    L = contained(design, content) @ cells if content.factors else cells
    L = L.reshape(-1, L.shape[-1])
    L[np.abs(L) < 1e-12 * np.abs(L).max()] = 0.0
    return Hypothesis(design.estimable.part(L), words_of(design, content))


def find_term(design: Design, term: str | Sequence[str]) -> tuple[str, ...]:
    """The design's term with these factors, in any order; by its variables where the text is none of its factors."""
    wanted = parts(term) if isinstance(term, str) else tuple(str(name).strip("`") for name in term)
    there = [own for own in design.terms if own != INTERCEPT]
    same = [own for own in there if {plain(factor) for factor in own} == {plain(name) for name in wanted}]
    if not same:
        same = [own for own in there if variables_of(design, own) == set(wanted)]
    if not same and set(wanted) <= {"Intercept", "1"} and INTERCEPT in design.terms:
        return INTERCEPT
    if len(same) == 1:
        return same[0]
    shown = [":".join(own) for own in design.terms]
    problem = "names several terms" if same else "is no term"
    raise AnalysisError(f"{':'.join(wanted)!r} {problem} of {design.formula!r}; its terms are {listed(shown, 40)}.")


def parts(term: str) -> tuple[str, ...]:
    """The factors of a term as it is written: split at ":" outside of backticks and brackets."""
    factors, depth, quoted = [""], 0, False
    for letter in term:
        quoted ^= letter == "`"
        depth += 0 if quoted else (letter in "([") - (letter in ")]")
        if letter == ":" and not quoted and depth == 0:
            factors.append("")
        else:
            factors[-1] += letter
    return tuple(part.strip().strip("`") for part in factors)


def plain(factor: str) -> str:
    """A factor without its backticks and the spaces that nobody means."""
    return re.sub(r"\s+", "", factor).strip("`")


def content_of(design: Design, term: tuple[str, ...]) -> Content:
    """What a term is made of."""
    names = variables_of(design, term)
    covariates = tuple(name for name in design.means if name in names)
    expressions = frozenset(factor for factor in term if set(covariates) & set(design.uses[factor]))
    return Content(tuple(name for name in design.factors if name in names), covariates, expressions)


def cell_means(design: Design, content: Content, columns: int) -> Array:
    """(differences of covariates, cells of the term's factors, coefficients): equally weighted means or slopes."""
    axes: dict[str, list[Any]] = {name: list(design.factors[name]) for name in content.factors}
    axes |= {name: points(design, name, content, columns) for name in content.covariates}
    axes |= {name: list(levels) for name, levels in design.factors.items() if name not in axes}
    axes |= {name: grid_values(design, name) for name in design.means if name not in axes}
    lengths = [len(values) for values in axes.values()]
    place = np.unravel_index(np.arange(int(np.prod(lengths))), lengths)
    grid: Columns = {name: grid_column(design, name, axes[name], at) for name, at in zip(axes, place, strict=True)}
    X = design.encode(grid, int(np.prod(lengths)))
    held = len(content.factors)
    cells = int(np.prod(lengths[:held], initial=1))
    steps = int(np.prod(lengths[held : held + len(content.covariates)], initial=1))
    means = X.reshape(cells, steps, -1, X.shape[1]).mean(axis=2).transpose(1, 0, 2)
    if not content.covariates:
        return np.asarray(means)
    difference: Array = np.ones((1, 1))
    for length in lengths[held : held + len(content.covariates)]:
        difference = np.asarray(np.kron(difference, np.eye(length)[1:] - np.eye(length)[:1]), float)
    slopes = np.einsum("ds,scp->dcp", difference, means)
    others = [
        j
        for own, where in zip(design.terms, design.places, strict=True)
        if not content.expressions <= set(own)
        for j in where
    ]
    slopes[..., others] = 0.0
    return np.asarray(slopes)


def points(design: Design, name: str, content: Content, columns: int) -> list[float]:
    """Values of a covariate between which it is compared: two for a slope, more where it is transformed."""
    values = np.asarray(design.columns[name])
    if name in content.expressions:
        return [design.means[name], design.means[name] + float(values.std())]
    many = min(1 + columns, MOST_POINTS)
    return [float(value) for value in np.unique(np.quantile(values, np.linspace(0, 1, many)))]


def contained(design: Design, content: Content) -> Array:
    """Contrasts of the term's cells that say nothing of the smaller terms in the model which it contains."""
    sizes = [len(design.factors[name]) for name in content.factors]
    smaller = smaller_terms(design, content)
    spaces = [_indicators([name in subset for name in content.factors], sizes) for subset in smaller]
    if not spaces:
        return np.eye(int(np.prod(sizes)))
    return np.asarray(linalg.null_space(np.concatenate(spaces, axis=1).T).T)


def smaller_terms(design: Design, content: Content) -> list[tuple[str, ...]]:
    """The terms of the model that this one contains, by their factors; the general mean is always one."""
    there = [content_of(design, term) for term in design.terms if term != INTERCEPT]
    smaller = {frozenset(own.factors) for own in there if own.expressions == content.expressions}
    if not content.covariates:
        smaller.add(frozenset())
    subsets = (s for count in range(len(content.factors)) for s in combinations(content.factors, count))
    return [subset for subset in subsets if frozenset(subset) in smaller]


def _indicators(kept: Sequence[bool], sizes: Sequence[int]) -> Array:
    out: Array = np.ones((1, 1))
    for keep, size in zip(kept, sizes, strict=True):
        out = np.asarray(np.kron(out, np.eye(size) if keep else np.ones((size, 1))), float)
    return out


def words_of(design: Design, content: Content) -> str:
    """What is tested, said as a sentence of the summary."""
    within, smaller = " and ".join(content.factors), smaller_terms(design, content)
    alone = all((name,) in smaller for name in content.factors)
    if content.covariates:
        slope = f"the slope of {' by '.join(content.covariates)}"
        same = "the same" if () in smaller else "zero"
        what = f"{slope} is {same} at every level of {within}" if within else f"{slope} is zero"
    elif len(content.factors) == 1:
        what = f"the means of {within} are equal"
    else:
        beyond = " and ".join(":".join(subset) for subset in smaller if subset) or "one mean"
        what = f"{within} do not interact" if alone else f"the means of {within} do not differ beyond {beyond}"
    others = [name for name in design.means if name not in content.covariates]
    over = [name for name in design.factors if name not in content.factors]
    over += [f"both values of {name}" for name in others if name in design.pairs]
    at = [f"{name} at {design.means[name]:.6g}" for name in others if name not in design.pairs]
    text = f"{what}, averaged equally over {', '.join(over)}" if over else what
    return f"{text}, with {', '.join(at)}" if at else text
