"""Addresses of before there were versions lead to the same below `/api/v1`, with all that was sent."""

from urllib.parse import quote

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from app.api.blueprint import PREFIX, UNVERSIONED

WRITTEN = "%/?:@!$&'()*+,;=-._~"
"""What stands in a query as it is."""

blueprint = Blueprint("former_api", __name__, url_prefix=UNVERSIONED)


@blueprint.route("/openapi.json")
@blueprint.route("/studies", methods=["GET", "POST"])
@blueprint.route("/studies/<path:_>", methods=["GET", "POST"])
def moved(_: str = "") -> Response:
    """Permanently, and with method and body: 308."""
    rest = quote(request.path.removeprefix(UNVERSIONED), safe="/:@")
    query = quote(request.query_string, safe=WRITTEN)
    return redirect(f"{PREFIX}{rest}{'?' if query else ''}{query}", 308)
