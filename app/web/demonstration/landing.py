"""The front page: what this is and where to go."""

from flask import Blueprint, Response, render_template

from app.config import current_settings
from app.web.demonstration import sandbox, tour

blueprint = Blueprint("landing", __name__)


@blueprint.get("/")
def front() -> str:
    """What this is, for each of its three readers."""
    return render_template("landing.html", sandbox=sandbox.is_offered(current_settings()), stops=tour.stops())


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
