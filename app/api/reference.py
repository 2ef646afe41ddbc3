"""The description as a page to read: made here, of the same document, with no script and nothing from elsewhere."""

from flask import Blueprint, current_app, render_template

from app.api.blueprint import PREFIX
from app.api.openapi import document

blueprint = Blueprint("api_reference", __name__, url_prefix=PREFIX)
DOCUMENTED_METHODS = ("get", "post", "put", "patch", "delete")


@blueprint.get("/")
def page() -> str:
    """Every route with what it takes and gives. For everybody: it tells nothing of any study."""
    described = document(current_app)
    routes = [
        (method, path, operations[method])
        for path, operations in described["paths"].items()
        for method in DOCUMENTED_METHODS
        if method in operations
    ]
    return render_template("api/reference.html", described=described, routes=routes, prefix=PREFIX)
