"""The arithmetic of an outcome: + - * / and powers of columns and numbers, and functions of one argument."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, DataError, listed

Function = Callable[[Array], Array]


def _center(values: Array) -> Array:
    return np.asarray(values - values.mean())


def _scale(values: Array) -> Array:
    return np.asarray((values - values.mean()) / values.std(ddof=1))


NUMPY = ("log", "log2", "log10", "log1p", "exp", "exp2", "expm1", "sqrt", "abs", "square", "cbrt", "sin", "cos", "tan")
FUNCTIONS: dict[str, Function] = {
    **{name: getattr(np, name) for name in NUMPY},
    **{f"np.{name}": getattr(np, name) for name in NUMPY},
}
OF_OUTCOMES: dict[str, Function] = {
    **FUNCTIONS,
    "I": lambda values: values,
    "center": _center,
    "scale": _scale,
}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


def functions_listed() -> str:
    """The functions that may be called, as a message names them."""
    return ", ".join(NUMPY)


def evaluate(tree: ast.expr, names: Mapping[str, str], frame: pd.DataFrame, formula: str) -> Array:
    """The expression on each row of the frame; raises AnalysisError for what is no arithmetic, DataError for no number.

    `names` has the column, or the function, that each name of the tree stands for.
    """
    check_arithmetic(tree, names, formula)
    with np.errstate(all="ignore"):
        values = np.asarray(_value(tree, names, frame), float)
    values = np.broadcast_to(values, len(frame)).copy()
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise DataError(
            f"The outcome of {formula!r} is not a finite number in every row; check {_columns(tree, names)} in row "
            f"{listed(frame.index[wrong])}."
        )
    return values


def _columns(tree: ast.expr, names: Mapping[str, str]) -> str:
    named = (names[node.id] for node in ast.walk(tree) if isinstance(node, ast.Name))
    return listed(dict.fromkeys(name for name in named if name not in OF_OUTCOMES))


def _value(node: ast.expr, names: Mapping[str, str], frame: pd.DataFrame) -> Any:
    if isinstance(node, ast.Name):
        return frame[names[node.id]].to_numpy(float)
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, names, frame)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, names, frame), _value(node.right, names, frame))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return OF_OUTCOMES[names[node.func.id]](np.asarray(_value(node.args[0], names, frame), float))


def check_arithmetic(tree: ast.expr, names: Mapping[str, str], formula: str) -> None:
    """Refuse all but numbers, columns, + - * / **, and known functions of one argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _check_call(node, names, formula)
        elif isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) not in (*OPERATORS, ast.USub, ast.UAdd):
            raise AnalysisError(f"The left side of {formula!r} may hold + - * / and ** (or ^), nothing else.")
        elif isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            raise AnalysisError(f"The left side of {formula!r} holds {node.value!r}, which is no number.")
        elif isinstance(node, ast.expr) and not isinstance(
            node, ast.Call | ast.BinOp | ast.UnaryOp | ast.Constant | ast.Name
        ):
            raise AnalysisError(
                f"The left side of {formula!r} must be one expression of arithmetic, as 'post - pre'; make anything "
                "else a column of the data first."
            )


def _check_call(node: ast.Call, names: Mapping[str, str], formula: str) -> None:
    name = names.get(node.func.id, "") if isinstance(node.func, ast.Name) else "this"
    if name not in OF_OUTCOMES:
        raise AnalysisError(
            f"The function {name!r} on the left side of {formula!r} is not known; there are {functions_listed()}. "
            "Make anything else a column of the data first."
        )
    if len(node.args) != 1 or node.keywords:
        raise AnalysisError(f"{name}() on the left side of {formula!r} takes one argument, as {name}(post).")
