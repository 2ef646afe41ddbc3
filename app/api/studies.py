"""Studies and their compliance, and the description of the API itself."""

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue

from app.accounts.roles import Permission
from app.api.access import any_token, current_token, requires, scopes
from app.api.blueprint import blueprint
from app.api.openapi import document
from app.api.operations import operation
from app.api.schemas import ComplianceSchema, StudiesSchema
from app.core.time import now
from app.permitting import current_scope
from app.responses.locked import data_at
from app.schedule import compliance as books
from app.schedule.compliance import Cell
from app.studies.access import Scope, sites


@blueprint.get("/openapi.json")
@operation("This description")
def openapi() -> ResponseReturnValue:
    """For everybody: it tells nothing of any study."""
    return jsonify(document(current_app))


@blueprint.get("/studies")
@any_token
@operation("The studies of this token, with their sites", answer=StudiesSchema)
def studies() -> dict[str, object]:
    """What the token may see."""
    return {"items": [_study(scope) for scope in scopes(current_token())]}


@blueprint.get("/studies/<study>/compliance")
@requires(Permission.VIEW_COMPLIANCE)
@operation("How many have answered, by visit and site", answer=ComplianceSchema)
def compliance() -> dict[str, object]:
    """The states of every planned visit, now."""
    scope = current_scope()
    at = data_at(scope.study, now())
    figures = books.compliance(scope.study, at, scope.site_ids)
    cells = [_cell(visit, site, figures.cells[visit, site]) for visit in figures.visits for site in figures.sites
             if (visit, site) in figures.cells]  # fmt: skip
    return {"as_of": at, "visits": figures.visits, "sites": figures.sites, "cells": cells}


def _study(scope: Scope) -> dict[str, object]:
    shown = {"code": scope.study.code, "title": scope.study.title, "state": scope.study.state.value}
    return {**shown, "sites": sites(scope), "permissions": sorted(scope.permissions)}


def _cell(visit: str, site: str, cell: Cell) -> dict[str, object]:
    figures = ("planned", "expected", "answered", "on_time", "share", "answered_so_far", "asked_so_far")
    return {
        "visit": visit,
        "site": site,
        **{name: getattr(cell, name) for name in figures},
        "states": {state.value: cell.states[state] for state in cell.states},
    }
