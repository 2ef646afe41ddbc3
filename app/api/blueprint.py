"""The API's one blueprint, and what all its answers have in common."""

from flask import Blueprint
from werkzeug.wrappers import Response

UNVERSIONED = "/api"
PREFIX = f"{UNVERSIONED}/v1"

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


@blueprint.after_request
def challenge(response: Response) -> Response:
    """Say how to prove oneself, where that is what was missing."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="svar"'
    return response
