"""Both sides of a formula: arithmetic on the left as R has it, and a sentence for whatever cannot be meant."""

import re

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, MMRM, AnalysisError, impute
from app.analysis.design.formula import plain_words, read_formula
from app.analysis.design.naming import CODERS, quoted
from tests.analysis.formula_cases import r_says, two_arms
from tests.analysis.trials import trial

ISSUE = pd.DataFrame(
    {
        "post": [5, 7, 9, 4, 6, 12],
        "pre": [1, 5, 2, 2, 2, 7],
        "arm": pd.Categorical(list("PPPAAA"), ["P", "A"]),
    }
)


def difference(formula: str, frame: pd.DataFrame) -> tuple[float, float]:
    row = ANCOVA(formula, frame, robust=None).fit().contrasts("arm").iloc[0]
    return float(row["estimate"]), float(row["se"])


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ("post", 0.3333),
        ("post - pre", -0.6667),
        ("post + pre", 1.3333),
        ("post / pre", -1.3952),
        ("post^2", 13.6667),
        ("post ** 2", 13.6667),
        ("-post", -0.3333),
        ("+post", 0.3333),
        ("-post^2", -13.6667),
        ("2 * post", 0.6667),
        ("(post - pre) * 1e1", -6.6667),
        ("{post - pre}", -0.6667),
        ("I(post - pre)", -0.6667),
        ("post - pre - pre", -1.6667),
        ("post-pre + 7", -0.6667),
    ],
)
def test_the_left_side_is_evaluated_as_arithmetic(left: str, expected: float) -> None:
    assert difference(f"{left} ~ arm", ISSUE)[0] == pytest.approx(expected, abs=6e-5)


PYTHON = {"I(post^2) ~ arm": "I(post**2) ~ arm"}


@pytest.mark.parametrize("formula", r_says()["lhs"])
def test_left_sides_give_the_estimates_of_r(formula: str) -> None:
    wanted = r_says()["lhs"][formula]
    estimate = difference(PYTHON.get(formula, formula), two_arms())
    assert estimate == pytest.approx((wanted["estimate"], wanted["se"]), rel=1e-10)


def test_an_expression_is_the_column_that_holds_its_values() -> None:
    frame = two_arms()
    cases = {
        "np.log(post) - np.log(pre)": np.log(frame["post"]) - np.log(frame["pre"]),
        "log10(post + 1)": np.log10(frame["post"] + 1),
        "abs(post - 8)": (frame["post"] - 8).abs(),
        "exp(-post / 10)": np.exp(-frame["post"] / 10),
        "center(post)": frame["post"] - frame["post"].mean(),
        "scale(post)": (frame["post"] - frame["post"].mean()) / frame["post"].std(),
        "post ^ -1": 1 / frame["post"],
        "post ** pre ** 0": frame["post"],
    }
    for left, values in cases.items():
        np.testing.assert_allclose(ANCOVA(f"{left} ~ pre + arm", frame).design.y, values, err_msg=left)


def test_a_row_counts_only_where_every_column_of_the_outcome_is_known() -> None:
    frame = two_arms().astype({"pre": float, "post": float})
    frame.loc[3, "pre"], frame.loc[5, "post"] = np.nan, np.nan
    design = ANCOVA("post - pre ~ arm", frame).design
    assert len(design.y) == len(frame) - 2
    assert design.outcome == "post - pre"
    assert [lost.reason for lost in design.dropped] == ["post missing", "pre missing"]


REFUSED = [
    # formula, words of the sentence
    ("x + z", "'x + z' needs an outcome: write 'outcome ~ terms'."),
    ("~ pre", "needs an outcome"),
    ("post ~", "needs an outcome"),
    ("post ~ pre ~ arm", "more than one '~'"),
    ("1 ~ arm", "names no column"),
    ("2 + 3 ~ arm", "names no column"),
    ("I(post^2) ~ arm", "'^' inside I() of 'I(post^2) ~ arm' is no power in Python; write '**'"),
    ("I(log(post^2)) ~ arm", "'^' inside I()"),
    ("post ~ I(pre^2) + arm", "'^' in 'I(pre ^ 2)'"),
    ("post ~ np.log(pre ^ 2)", "is no power in Python"),
    ("foo(post) ~ arm", "The function 'foo' on the left side of 'foo(post) ~ arm' is not known; there are log,"),
    ("np.foo(post) ~ arm", "'np.foo' on the left side"),
    ("log(post, 2) ~ arm", "takes one argument, as log(post)"),
    ("log() + post ~ arm", "takes one argument"),
    ("post, pre ~ arm", "must be one expression of arithmetic"),
    ("post > 5 ~ arm", "must be one expression of arithmetic"),
    ("post % 2 ~ arm", "may hold + - * /"),
    ("post // 2 ~ arm", "may hold + - * /"),
    ("~post ~ arm", "more than one '~'"),
    ("not post ~ arm", "is not one expression"),
    ("post[0] ~ arm", "must be one expression of arithmetic"),
    ("post + 'x' ~ arm", "which is no number"),
    ("post pre ~ arm", "'post pre' of 'post pre ~ arm' is not one expression"),
    ("post - ~ arm", "is not one expression"),
    ("(post ~ arm", "is not one expression"),
    ("post:pre ~ arm", "is not one expression"),
    ("`post ~ arm", "a backtick without its other"),
    ("post ~ pre + (1 | id)", "holds a random part '( | )'. Name the subject instead"),
    ("post ~ pre + (", "'post ~ pre + (' cannot be read: "),
    ("post ~ pre +", "cannot be read: Operator `+` has insuffient arguments"),
    ("post ~ 2*pre", "cannot be read"),
    ("post ~ .", "'.' names no columns here; name them."),
    ("post ~ 'x'", "cannot be read"),
    ("post ~ foo(pre)", "The function 'foo' of 'post ~ foo(pre)' is not known"),
    ("post ~ factor(arm)", "write C(name)"),
    ("post ~ offset(pre)", "write the outcome less the offset"),
    ("post ~ lag(pre)", "another patient"),
    ("post ~ np.foo(pre)", "The function 'np.foo'"),
    ("post ~ I(pre, 3)", "The columns of 'post ~ I(pre, 3)' cannot be made"),
    ("post ~ I(arm * 2)", "cannot be made"),
    ("post ~ np.log(0 * pre)", "Column 'np.log(0 * pre)' is not a finite number in row 0, 1"),
    ("post ~ 0", "has no column; write '1'"),
]


@pytest.mark.parametrize(("formula", "words"), REFUSED)
def test_what_no_formula_can_mean_is_refused_in_a_sentence(formula: str, words: str) -> None:
    with pytest.raises(AnalysisError, match=re.escape(words)) as refusal:
        ANCOVA(formula, two_arms())
    sentence = str(refusal.value)
    assert not set("\x1b\n⧛⧚") & set(sentence)
    assert sentence.endswith(".")


def test_a_formula_is_a_text() -> None:
    with pytest.raises(AnalysisError, match="A formula is a text"):
        read_formula(3)


@pytest.mark.parametrize(
    ("left", "wanted"),
    [
        ("`pre.val`", "pre"),
        ("pre.val", "pre"),
        ("`post-val` - `pre.val`", "post - pre"),
        ("log(`post-val`)", "log(post)"),
        ("`class`", "post"),
        ("class - `in`", "post - pre"),
        ("`~ | ^ (`", "post"),
        ("skår", "post"),
    ],
)
def test_names_that_need_quoting_may_stand_on_the_left(left: str, wanted: str) -> None:
    frame = two_arms()
    odd = frame.assign(
        **{"pre.val": frame["pre"], "in": frame["pre"]}, **dict.fromkeys(["post-val", "class", "skår"], frame["post"])
    ).assign(**{"~ | ^ (": frame["post"]})
    assert difference(f"{left} ~ arm", odd) == pytest.approx(difference(f"{wanted} ~ arm", frame))


@pytest.mark.parametrize("name", ["pre.val", "pre-val", "my base", "p:q", "1st", "å", "a|b", "x~y"])
def test_names_that_need_quoting_may_stand_on_the_right(name: str) -> None:
    odd = two_arms().rename(columns={"pre": name})
    plain = ANCOVA("post ~ pre*arm + log(pre)", two_arms()).fit().emmeans("arm", at={"pre": 9})
    means = ANCOVA(f"post ~ `{name}`*arm + log(`{name}`)", odd).fit().emmeans("arm", at={name: 9})
    pd.testing.assert_frame_equal(means, plain)


def test_every_name_of_a_constrained_analysis_may_need_quoting() -> None:
    frame = trial()
    names = {"y": "y.1", "arm": "my arm", "visit": "visit no", "base": "pre-val"}
    plain = CLDA("y", frame, subject="id", visit="visit", arm="arm", baseline="v1", covariates=("base",)).fit()
    odd = CLDA(
        "y.1",
        frame.rename(columns=names),
        subject="id",
        visit="visit no",
        arm="my arm",
        baseline="v1",
        covariates=("`pre-val`",),
    ).fit()
    np.testing.assert_allclose(odd.beta, plain.beta)
    np.testing.assert_allclose(odd.change_from("v1")["estimate"], plain.change_from("v1")["estimate"])


def test_numbers_inside_c_are_a_factor_with_means_of_its_own() -> None:
    frame = two_arms().assign(centre=lambda d: d.index % 3 + 1)
    text = frame.assign(centre=pd.Categorical(frame["centre"]))
    numbered = ANCOVA("post ~ C(centre) + arm", frame).fit()
    plain = ANCOVA("post ~ centre + arm", text).fit()
    pd.testing.assert_frame_equal(numbered.emmeans("arm"), plain.emmeans("arm"))
    pd.testing.assert_frame_equal(numbered.emmeans("centre"), plain.emmeans("centre"))


def test_a_mean_at_a_level_that_does_not_occur_is_refused() -> None:
    frame = two_arms().assign(centre=lambda d: d.index % 3 + 1)
    fit = ANCOVA("post ~ arm*C(centre) + I(centre*pre)", frame).fit()
    with pytest.raises(AnalysisError, match="cannot be made"):
        fit.emmeans("arm", at={"centre": 2.5})


def test_an_expression_is_not_imputed_as_if_it_were_one_of_its_columns() -> None:
    frame = trial().assign(base=lambda d: d["base"])
    model = MMRM("y - base ~ arm*visit", frame, subject="id", visit="visit")
    with pytest.raises(AnalysisError, match="impute fills a column, and the outcome of 'y - base ~"):
        impute(model, reference="P")


OFFERED = [
    # a term, its columns beside the intercept
    ("bs(pre, df=4)", 4),
    ("cc(pre, df=3)", 2),
    ("cr(pre, df=3)", 2),
    ("cs(pre, df=3)", 2),
    ("poly(pre, 2)", 2),
    ("center(pre)", 1),
    ("scale(pre)", 1),
    ("standardize(pre)", 1),
    ("exp10(pre / 100)", 1),
    ("I(pre**2)", 1),
    ("C(centre)", 2),
    ("C(centre, contr.sum)", 2),
    ("C(centre, contr.helmert)", 2),
    ("C(centre, contr.poly)", 2),
    ("C(centre, contr.SAS)", 2),
    ("C(centre, contr.treatment(base=2))", 2),
    ("C(centre, Treatment(2))", 2),
    ("C(centre, Treatment(reference=2))", 2),
    ("C(centre, Poly())", 2),
    ("C(centre, Sum())", 2),
    ("C(centre, Helmert())", 2),
    ("C(centre, Diff())", 2),
    ("hashed(centre, levels=100)", 2),
]


@pytest.mark.parametrize(("term", "columns"), OFFERED)
def test_each_function_of_the_right_side_makes_its_columns(term: str, columns: int) -> None:
    frame = two_arms().assign(centre=lambda d: d.index % 3 + 1)
    assert len(ANCOVA(f"post ~ arm + {term}", frame).fit().beta) == 2 + columns


def test_every_function_that_is_offered_is_tried() -> None:
    tried = {match for term, _ in OFFERED for match in re.findall(r"[A-Za-z]\w*(?=[(.])", term)}
    assert tried - {"treatment"} == CODERS


@pytest.mark.parametrize(
    ("name", "written"), [("arm", "arm"), ("my arm", "`my arm`"), ("a.b", "`a.b`"), ("1st", "`1st`"), ("skår", "skår")]
)
def test_a_name_is_quoted_unless_it_is_a_plain_word(name: str, written: str) -> None:
    assert quoted(name) == written
    with pytest.raises(AnalysisError, match="rename it"):
        quoted(f"`{name}")


def test_colours_and_marks_of_the_formula_library_do_not_come_through() -> None:
    assert plain_words(ValueError("Wrong `+`.\n\ny ~ ⧛\x1b[1;31m+\x1b[0m⧚")) == "Wrong `+`."
