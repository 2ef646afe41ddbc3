"""A formula, read: exactly one outcome on the left, which is arithmetic, and terms on the right, which are formulaic's.

The left side is evaluated here, because a formula library reads `post - pre` there as terms: it would fit `post` alone.
What neither side can mean is refused with what to write instead.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

import pandas as pd

from app.analysis.design.arithmetic import FUNCTIONS, evaluate, functions_listed
from app.analysis.design.naming import CODERS, FORMULA_TOKEN, ROOTS, aliased, name_of, quoted, readable, tokens
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, DataError

OF_R = re.compile(r"\b(as\.\w+)\(")
"""Functions of R whose names Python cannot read."""
REMEDIES = {
    "factor": "C(name)",
    "as.factor": "C(name)",
    "as.numeric": "the name of a column of numbers",
    "cut": "the name of a column made by pd.cut",
    "ifelse": "the name of a column of 0 and 1, made before",
    "interaction": "one:other, or one*other",
    "mean": "center(name) for a name less its mean",
    "relevel": "the name; its first category is the reference",
    "Q": "`name` in backticks",
    "ln": "np.log(name)",
    **dict.fromkeys(("ns", "s", "te", "rcs", "pspline", "splines.ns"), "cr(name, df=3)"),
    **dict.fromkeys(("np.where", "where", "if_else"), "the name of a column of 0 and 1, made before"),
    **dict.fromkeys(("Error", "random", "ranef"), "LMM(formula, data, subject='id') for what is random"),
    "lag": "a column of your own: lag() takes the value of another patient",
    "offset": "the outcome less the offset on the left side",
}


TYPESET = re.compile(r"[\u2010\u2013\u2212\u00b7\u00d7\u00f7\u2215]")
"""Hyphens and dashes, and the signs of multiplication and division, as typesetters have them."""


@dataclass(frozen=True)
class Parsed:
    """One formula: the names on its left, the expression they stand in, and formulaic's reading of its right."""

    text: str
    left: str
    right: str
    columns: tuple[str, ...]
    """The columns that the outcome is made of."""
    tree: ast.expr = field(repr=False, compare=False)
    names: Mapping[str, str] = field(repr=False, compare=False)
    terms: Any = field(repr=False, compare=False)

    @property
    def outcome(self) -> str:
        """The outcome's column, or the expression as it was written."""
        return self.columns[0] if isinstance(self.tree, ast.Name) else self.left

    def values(self, frame: pd.DataFrame) -> Array:
        """The outcome of each row; raises DataError where it is not a finite number."""
        return evaluate(self.tree, self.names, frame, self.text)


@lru_cache(maxsize=64)
def read_formula(text: str) -> Parsed:
    """The formula, taken apart; raises AnalysisError with what to write instead."""
    if not isinstance(text, str):
        raise AnalysisError(f"A formula is a text, as 'outcome ~ terms', not {type(text).__name__}.")
    left, right = split(text)
    if typeset := TYPESET.search(left):
        raise AnalysisError(f"{text!r} cannot be read: {of_word_processors(typeset[0])}.")
    code, names = code_of(left, text)
    tree = expression(code, names, text)
    columns = tuple(dict.fromkeys(names[node.id] for node in columns_in(tree)))
    if not columns:
        raise AnalysisError(f"The left side of {text!r} names no column; write 'outcome ~ terms'.")
    return Parsed(text, left, right, columns, tree, names, right_terms(right, text))


def split(text: str) -> tuple[str, str]:
    """The two sides of the one `~`; a random part is refused."""
    if text.count("`") % 2:
        raise AnalysisError(f"{text!r} has a backtick without its other; write `name` around a name.")
    marks = [(token.group(), token.start()) for token in FORMULA_TOKEN.finditer(text)]
    places = [start for mark, start in marks if mark == "~"]
    if "|" in [mark for mark, _ in marks]:
        raise AnalysisError(
            f"{text!r} holds a random part '( | )'. Name the subject instead: LMM(formula, data, subject='id') has "
            "a random intercept per subject, slope='time' adds a slope; nested and crossed effects are not fitted."
        )
    if len(places) > 1:
        raise AnalysisError(f"{text!r} has more than one '~'; write 'outcome ~ terms'.")
    left, right = (text[: places[0]].strip(), text[places[0] + 1 :].strip()) if places else ("", text)
    if not left or not right:
        raise AnalysisError(f"The formula {text!r} needs an outcome: write 'outcome ~ terms'.")
    return left, right


def code_of(left: str, text: str) -> tuple[str, dict[str, str]]:
    """The left side as Python, with a name of ours for each of its names; `^` is a power, as in R."""
    names: dict[str, str] = {}
    parts: list[str] = []
    opened: list[bool] = []
    previous = ""
    for in_quotes, number, name, other in tokens(left):
        if other == "(":
            opened.append(previous == "I" or bool(opened and opened[-1]))
        elif other == ")" and opened:
            opened.pop()
        if other == "^" and opened and opened[-1]:
            raise AnalysisError(f"'^' inside I() of {text!r} is no power in Python; write '**', as I(post**2).")
        if in_quotes or name:
            key = f"n{len(names)}_"
            names[key] = in_quotes or name
            parts.append(key)
        else:
            parts.append({"^": "**", "{": "(", "}": ")", "\n": " "}.get(other, number or other))
        if other.strip() or name or number or in_quotes:
            previous = name
    return "".join(parts).strip(), names


def expression(code: str, names: Mapping[str, str], text: str) -> ast.expr:
    """The left side as one expression."""
    try:
        return ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        left = "".join(names.get(part, part) for part in re.split(r"(n\d+_)", code))
        raise AnalysisError(
            f"The left side {left!r} of {text!r} is not one expression; write arithmetic, as 'post - pre ~ arm' or "
            "'np.log(post) ~ arm', with backticks around a name that is no word."
        ) from None


def columns_in(tree: ast.expr) -> list[ast.Name]:
    """The names that stand for columns, not for functions."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called),
        key=lambda node: node.col_offset,
    )


def right_terms(right: str, text: str) -> Any:
    """formulaic's terms, after a look at what stands in their calls."""
    import formulaic

    if dotted := OF_R.search(right):
        refuse_function(dotted[1], text)
    try:
        terms = formulaic.Formula(aliased(right))
    except Exception as error:
        raise AnalysisError(f"The formula {text!r} cannot be read: {plain_words(error)}") from None
    if not isinstance(terms, formulaic.SimpleFormula):
        raise AnalysisError(f"The right side of {text!r} must be one list of terms, joined by '+'.")
    for factor in {factor for term in terms for factor in term.factors}:
        if factor.eval_method.name == "PYTHON":
            check_call(factor.expr, text)
    return terms


def check_call(factor: str, text: str) -> None:
    """Refuse functions that nobody offers, and `^`, which Python takes for exclusive or."""
    shown = readable(factor)
    try:
        tree = ast.parse(factor, mode="eval").body
    except SyntaxError:
        raise AnalysisError(f"{shown!r} of {text!r} is no expression of Python; write it as I(...).") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            raise AnalysisError(f"'^' in {shown!r} of {text!r} is no power in Python; write '**', as I(pre**2).")
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            is_known = name in FUNCTIONS or name in CODERS or name.startswith("contr.")
            if not is_known:
                refuse_function(name, text)


def refuse_function(name: str, text: str) -> NoReturn:
    """Raise AnalysisError for a function that nobody offers, with what to write instead."""
    there = f"there are {functions_listed()}, C, center, scale, poly, bs"
    remedy = f"write {REMEDIES[name]}" if name in REMEDIES else there
    raise AnalysisError(f"The function {name!r} of {text!r} is not known; {remedy}.")


def factor_columns(factor: Any) -> set[str]:
    """The columns that one factor of a term needs, also inside transformations such as center(x)."""
    if factor.eval_method.name == "LITERAL":
        return set()
    if factor.eval_method.name == "LOOKUP":
        return {name_of(factor.expr)}
    nodes = list(ast.walk(ast.parse(factor.expr, mode="eval")))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    roots = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return {
        name_of(node.id)
        for node in nodes
        if isinstance(node, ast.Name) and id(node) not in called and not (id(node) in roots and node.id in ROOTS)
    }


def variables(terms: Any) -> list[str]:
    """Names of the columns that the right side needs."""
    return sorted({name for term in terms for factor in term.factors for name in factor_columns(factor)})


def uses_of(terms: Any) -> dict[str, frozenset[str]]:
    """The columns that each factor of the right side needs, by the factor as a formula takes it."""
    return {written_factor(factor): frozenset(factor_columns(factor)) for term in terms for factor in term.factors}


def plain_words(error: Exception) -> str:
    """The first sentence of another library's error, without its colours and marks."""
    words = readable(re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).strip().split("\n\n")[0])
    if "`.` operator" in words:
        words = "'.' names no columns here; name them"
    if comparison := re.search(r"Unknown operator '([<>=!]+)'", words):
        words = f"{comparison[1]!r} compares; write the name of a column of 0 and 1, made before"
    if typeset := re.search(rf"Unknown operator '({TYPESET.pattern})'", words):
        words = of_word_processors(typeset[1])
    if "outside of the nominated levels" in words:
        words = "levels= leaves out levels that the data have; name every level, or drop those rows before"
    return " ".join(words.split()).rstrip(".") + "."


def refused(error: Exception, text: str) -> AnalysisError:
    """What to raise for an error that came up while the columns of the right side were made."""
    if isinstance(error, AnalysisError):
        return error
    return DataError(f"The columns of {text!r} cannot be made: {plain_words(error)}")


def of_word_processors(sign: str) -> str:
    """What to write for a sign that is set, not typed."""
    return f"{sign!r} is a sign of word processors; write what the keyboard has, - or * or /"


def formula_of(outcome: str, terms: Sequence[str | Sequence[str]]) -> str:
    """A formula from names: ("chg", ["base", ("arm", "visit")]) is chg ~ base + arm*visit, whatever the names hold."""
    if isinstance(terms, str) or not terms:
        raise AnalysisError("terms is a list of columns, as ['base', ('arm', 'visit')]; a tuple is an interaction.")
    parts = [quoted(term) if isinstance(term, str) else "*".join(quoted(name) for name in term) for term in terms]
    return f"{quoted(outcome)} ~ {' + '.join(parts)}"


def written(term: Any) -> str:
    """One term of formulaic as a formula takes it, names in backticks where they need them."""
    return ":".join(map(written_factor, term.factors))


def written_factor(factor: Any) -> str:
    """One factor of a term, as `written`."""
    return readable(str(factor.expr))


def coded(terms: Any) -> set[str]:
    """The columns that occur as C(name) only: factors, whatever type they have."""
    plain: set[str] = set()
    inside: set[str] = set()
    for factor in {factor for term in terms for factor in term.factors}:
        names = factor_columns(factor)
        tree = ast.parse(factor.expr, mode="eval").body if factor.eval_method.name == "PYTHON" else None
        is_code = isinstance(tree, ast.Call) and ast.unparse(tree.func) == "C" and isinstance(tree.args[0], ast.Name)
        (inside if is_code else plain).update(names)
    return inside - plain
