"""Whatever columns and levels are called, a formula means the same."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, GLM, LMM, MMRM, AnalysisError
from app.analysis.design.formula import read_formula, variables
from app.analysis.design.naming import alias, aliased, name_of, quoted, readable
from app.analysis.distributions import Array

NAMES = [
    *("1", "0", "2", "1e3", "1st", "a b", "a:b", "arm:visit", "a.b", "a-b", "a~b", "a|b", "a+b", ".", "", "-", "%in%"),
    *("arm[T.A]", "T.", "(x)", "{x}", "'", '"', "\\", "å", "ﬁ", "a\u030a", "ª", "\N{ZERO WIDTH SPACE}b"),
    *("class", "True", "None", "lambda", "in", "C", "I", "Q", "np", "contr", "poly", "log", "np.log", "center"),
    *("Intercept", "p", "o", "y~", "n0_", "alias_61_", "quoted_1_", "subject", "level", "degree"),
]
LEVELS: list[list[Any]] = [
    *(["a:b", "a", "b"], ["P", "T.A", "A"], ["A", "T.A", "B"], ["a", "y", "T.y"], ["T.l0", "l0", "l1"]),
    *(["P'", 'A"', "`B`"], ["[", "]", "]:visit[2"], ["ø", "å å", "\N{ZERO WIDTH SPACE}B"], [" P", "P", "P "]),
    *(["", "A", "B"], ["nan", "None", "NA"], ["%", "{x}", "{}"], ["a\nb", "c", "d"], ["a+b", "a*b", "a~b"]),
    *([True, False, "x"], [1, 2, 3], [3, 2, 1], [1, "1", 2], [0.1, 0.2, 0.30000000000000004], [1, 1.5, "1.0"]),
    *([(1, 2), (2, 1), (3,)], [pd.Timestamp(2020, 1, day) for day in (1, 2, 3)], [*pd.interval_range(0, 3)]),
]


@cache
def plain_frame() -> pd.DataFrame:
    """Thirty people in three arms at three visits, every name and level a plain word."""
    random, people, visits = np.random.default_rng(5), 30, 3
    own = np.repeat(np.arange(people), visits)
    arm, visit = own % 3, np.tile(np.arange(visits), people)
    base = np.repeat(random.normal(4, 1, people), visits)
    y = 30 + 5 * base - 2 * arm * visit + random.normal(0, 4, people)[own] + random.normal(0, 3, people * visits)
    return pd.DataFrame(
        {
            "id": own,
            "visit": pd.Categorical.from_codes(visit, pd.Index(["v1", "v2", "v3"])),
            "arm": pd.Categorical.from_codes(arm, pd.Index(["P", "A", "B"])),
            "sex": pd.Categorical.from_codes(own // 2 % 2, pd.Index(["f", "m"])),
            "base": base,
            "y": y,
            "well": (y < np.median(y)).astype(float),
        }
    )


Ask = Callable[[pd.DataFrame, str, str, str], Array]
"""Numbers of a fit of this frame, whose arm, visit and baseline have these names."""


def least_squares(formula: str) -> Ask:
    """Differences of the arms in a formula that writes the names as {arm}, {visit} and {base}."""

    def ask(frame: pd.DataFrame, arm: str, visit: str, base: str) -> Array:
        text = formula.format(arm=quoted(arm), visit=quoted(visit), base=quoted(base))
        return numbers(ANCOVA(text, frame, robust=None).fit().contrasts(arm))

    return ask


def numbers(table: pd.DataFrame) -> Array:
    """estimate, se, df, t, p, lower, upper of every row."""
    return table[["estimate", "se", "df", "t", "p", "lower", "upper"]].to_numpy(float)


def f_tests(frame: pd.DataFrame, arm: str, visit: str, base: str) -> Array:
    fit = ANCOVA(f"y ~ {quoted(base)}*{quoted(arm)} + {quoted(arm)}*{quoted(visit)}", frame, robust=None).fit()
    return np.array([tuple(fit.test(term)) for term in ([arm], [base], [arm, visit], f"`{arm}`:`{base}`")])


def repeated(frame: pd.DataFrame, arm: str, visit: str, base: str) -> Array:
    formula = f"y ~ {quoted(base)} + {quoted(arm)}*{quoted(visit)}"
    return numbers(MMRM(formula, frame, subject="id", visit=visit, covariance="cs").fit().contrasts(arm, by=visit))


def change(frame: pd.DataFrame, arm: str, visit: str, base: str) -> Array:
    first = frame[visit].cat.categories[0]
    fit = LMM(f"y ~ {quoted(base)} + {quoted(arm)}*C({quoted(visit)})", frame, subject="id", visit=visit).fit()
    return numbers(fit.change_from(first))


def constrained(frame: pd.DataFrame, arm: str, visit: str, base: str) -> Array:
    first = frame[visit].cat.categories[0]
    fit = CLDA(
        "y", frame, subject="id", visit=visit, arm=arm, baseline=first, covariates=(quoted(base),), covariance="cs"
    )
    return numbers(fit.fit().change_from(first))


def risks(frame: pd.DataFrame, arm: str, visit: str, base: str) -> Array:
    fit = GLM(f"well ~ {quoted(base)} + {quoted(arm)}*sex", frame, family="logistic").fit()
    return fit.standardised(arm).select_dtypes("number").to_numpy(float)


ASKED: dict[str, Ask] = {
    "crossed": least_squares("y ~ {base} + {arm}*sex"),
    "without intercept": least_squares("y ~ 0 + {arm} + sex:{base} + {arm}:sex"),
    "nested": least_squares("y ~ {arm}/{visit} + {base}"),
    "polynomial": least_squares("y ~ poly({base}, 2) + {arm}*sex"),
    "coded": least_squares("y ~ center({base}) + C({arm}, contr.sum)*{visit}"),
    "squared": least_squares("y ~ I({base}**2) + np.log({base}) + {arm}*{visit}"),
    "tests": f_tests,
    "repeated": repeated,
    "change": change,
    "constrained": constrained,
    "risks": risks,
}


@cache
def expected(model: str) -> Array:
    return ASKED[model](plain_frame(), "arm", "visit", "base")


@pytest.mark.parametrize("number", range(len(ASKED)))
@pytest.mark.parametrize("role", ["arm", "visit", "base"])
def test_a_column_may_have_any_name(number: int, role: str) -> None:
    """The names go round: each is asked of in every role, by one fit in each."""
    for place, name in enumerate(NAMES[number :: len(ASKED)]):
        model = [*ASKED][(number + 3 * place) % len(ASKED)]
        arm, visit, base = (name if own == role else own for own in ("arm", "visit", "base"))
        estimates = ASKED[model](plain_frame().rename(columns={role: name}), arm, visit, base)
        np.testing.assert_allclose(estimates, expected(model), rtol=1e-6, atol=1e-9, err_msg=f"{name} {model}")


@pytest.mark.parametrize("number", range(len(LEVELS)))
@pytest.mark.parametrize("role", ["arm", "visit"])
def test_a_level_may_have_any_name(number: int, role: str) -> None:
    renamed = plain_frame().assign(**{role: plain_frame()[role].cat.rename_categories(LEVELS[number])})
    for model in ([*ASKED][number % len(ASKED)], "without intercept", "crossed"):
        estimates = ASKED[model](renamed, "arm", "visit", "base")
        np.testing.assert_allclose(estimates, expected(model), rtol=1e-6, atol=1e-9, err_msg=model)


@pytest.mark.parametrize("name", ["estimate", "se", "df", "t", "p", "lower", "upper", "contrast", "quantity"])
def test_a_factor_that_is_called_as_a_result_is_refused_where_both_would_be_columns(name: str) -> None:
    frame = plain_frame().rename(columns={"visit": name})
    fit = MMRM(f"y ~ arm*{name}", frame, subject="id", visit=name, covariance="cs").fit()
    assert len(fit.contrasts("arm")) == 2
    questions = [partial(fit.emmeans, name), partial(fit.contrasts, "arm", by=name), partial(fit.change_from, "v1")]
    for ask in questions:
        with pytest.raises(AnalysisError, match=f"'{name}' is also a column of the results; rename"):
            ask()


@pytest.mark.parametrize("name", NAMES)
def test_an_alias_is_a_word_that_stands_for_one_name(name: str) -> None:
    assert alias(name).isidentifier()
    assert name_of(alias(name)) == name
    assert readable(f"C({alias(name)})") == f"C({quoted(name)})"


@pytest.mark.parametrize(
    "right",
    [
        "C(arm, contr.treatment('x C y')) + poly(x, degree=2, raw=True)",
        "np.log(x) + bs(x, df=3) + I(x**2)",
        "1.5 + 0 + arm %in% site",
        'C(arm, contr.treatment("`x`"))',
    ],
    ids=range(4),
)
def test_what_is_no_name_of_a_column_stays(right: str) -> None:
    assert aliased(right) == right


@pytest.mark.parametrize(
    ("right", "columns"),
    [
        ("pre.val + C", {"pre.val", "C"}),
        ("C(C) + poly(poly, 2)", {"C", "poly"}),
        ("`1` + 1 + x", {"1", "x"}),
        ("np.log(np) + `np.log`", {"np", "np.log"}),
        ("C(arm, contr.treatment('`x`')) + `True`", {"arm", "True"}),
        ("log + log(log) + alias_61_", {"log", "alias_61_"}),
    ],
)
def test_the_columns_of_a_formula_are_those_that_it_names(right: str, columns: set[str]) -> None:
    assert set(variables(read_formula(f"y ~ {right}").terms)) == columns
