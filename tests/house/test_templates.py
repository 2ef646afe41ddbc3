"""A template uses names that somebody gives it, and of the scope what the scope has."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import flask_security
import pytest
from flask import Flask
from jinja2 import Environment, meta, nodes

from app.studies.access import Scope
from app.studies.models import Study
from app.web.staff.access import StaffContext

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
SCOPE = {"scope": Scope, "scope.study": Study}


@cache
def _given_by_pages() -> set[str]:
    """Names under which the code of pages hands values on, ours and the library's: keywords, and keys written out."""
    ours = [ROOT / "app" / name for name in ("web", "api", "rehearsal")]
    folders = (*ours, Path(flask_security.__file__).parent)
    trees = [ast.parse(file.read_text("utf-8")) for folder in folders for file in folder.rglob("*.py")]
    everything = [node for tree in trees for node in ast.walk(tree)]
    keywords = {node.arg for node in everything if isinstance(node, ast.keyword) and node.arg}
    keys = [key for node in everything if isinstance(node, ast.Dict) for key in node.keys]
    keys += [node.slice for node in everything if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)]
    return keywords | {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def _given(app: Flask) -> set[str]:
    """All that a template may name: what Jinja, Flask and the libraries give, what pages get, what their code gives."""
    context: dict[str, object] = {}
    with app.test_request_context("/"):
        app.update_template_context(context)
    return {*app.jinja_env.globals, *context, *_given_by_pages()}


def _made(environment: Environment, text: str) -> set[str]:
    """Names that a template makes itself: it sets or imports them, or goes through something by them."""
    tree = environment.parse(text)
    imported = [name for imports in tree.find_all(nodes.FromImport) for name in imports.names]
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    stored = macros | {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    return stored | {name if isinstance(name, str) else name[1] for name in imported}


def _misnamed(environment: Environment, text: str, given: set[str]) -> set[str]:
    return meta.find_undeclared_variables(environment.parse(text)) - given - _made(environment, text)


def _asked_of_the_scope(environment: Environment, text: str) -> Iterator[tuple[str, str]]:
    """Each attribute of the scope, or of its study, that a template reads."""
    for read in environment.parse(text).find_all(nodes.Getattr):
        owner = read.node
        if isinstance(owner, nodes.Name):
            yield owner.name, read.attr
        elif isinstance(owner, nodes.Getattr) and isinstance(owner.node, nodes.Name):
            yield f"{owner.node.name}.{owner.attr}", read.attr


def _lacking(environment: Environment, text: str) -> list[str]:
    has = {owner: {*dir(kind), *kind.__annotations__} for owner, kind in SCOPE.items()}
    attributes = [(owner, name) for owner, name in _asked_of_the_scope(environment, text) if owner in has]
    return [f"{owner}.{name}" for owner, name in attributes if name not in has[owner]]


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.relative_to(ROOT / "app" / "templates").as_posix())
def test_a_template_names_what_it_is_given(app: Flask, file: Path) -> None:
    text, given = file.read_text("utf-8"), _given(app)
    if file.name.startswith("_"):  # a part of others, which knows what they know
        given = given.union(*(_made(app.jinja_env, other.read_text("utf-8")) for other in TEMPLATES))
    assert _misnamed(app.jinja_env, text, given) == set()
    assert _lacking(app.jinja_env, text) == []
    assert "g.scope" not in text


def test_every_page_is_given_the_scope(app: Flask) -> None:
    context: dict[str, object] = {}
    with app.test_request_context("/"):
        app.update_template_context(context)
    assert {name: context[name] for name in StaffContext.__annotations__} == {"scope": None}


def test_a_misspelt_name_is_noticed(app: Flask) -> None:
    assert _misnamed(app.jinja_env, "{{ scope.study.code }}{{ scoop.study }}", _given(app)) == {"scoop"}
    assert _lacking(app.jinja_env, "{{ scope.study.cod }}{{ scope.site }}{{ scope.may(1) }}{{ scope.study.code }}") == [
        "scope.study.cod",
        "scope.site",
    ]
