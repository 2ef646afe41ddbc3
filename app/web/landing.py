"""The front page: what this is and where to go."""

from flask import Blueprint, Response, current_app, render_template

from app.web.sandbox import here as sandbox_is_here

blueprint = Blueprint("landing", __name__)


@blueprint.get("/")
def front() -> str:
    """What this is, for each of its three readers."""
    return render_template("landing.html", sandbox=sandbox_is_here(current_app))


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
