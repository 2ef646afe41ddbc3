"""A visit on the clinic's tablet: it ends itself, after sending or after a while, and shows nothing of another person.

Staff open it by a form, which signs them out of that browser. The tablet then holds a cookie for this one visit and for
half an hour; without it every page of the visit is the page that says that it is over. So whoever presses Back, opens
the history or finds a tab sees nothing. Its pages run no script and keep nothing on the tablet: what was not sent when
they end is lost, and the visit can be opened again.
"""

import re

from flask import Blueprint, Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.web.language import gettext, speak, wished
from app.web.patient.page import page, sent
from app.web.patient.visit import everybodys_urgent_help
from app.web.tablet_visits import COOKIE, MARK, is_open_here, marked

blueprint = Blueprint("tablet", __name__, url_prefix="/tablet")
ENDS_AFTER = {"show": 900, "answer": 900, "noted": 30, "received": 30}
"""By page: after so many seconds without another one it is over."""
SCRIPTS_ALLOWED = re.compile(r"script-src [^;]*")


@blueprint.get("/over")
def over() -> AnyResponse:
    """Thanks, and that the tablet can be given back; whatever it held is gone."""
    language = wished()
    speak(language)
    shown = {"title": gettext("Thank you"), "language": language, "urgent": everybodys_urgent_help(language)}
    answer = sent(page("over.html", shown), language)
    answer.delete_cookie(COOKIE, path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def init_app(app: Flask) -> None:
    """Let the pages of a visit be shown on a tablet only while it is open there."""
    app.before_request_funcs.setdefault("patient", []).append(_still_open)
    app.after_request_funcs.setdefault("patient", []).append(_ends_itself)
    app.register_blueprint(blueprint)


def _still_open() -> AnyResponse | None:
    """Nothing for who may see it; a link that lost the mark gets it back, so that Back finds no page without it."""
    if MARK in request.args:
        is_open = is_open_here(str((request.view_args or {}).get("token", "")))
        return None if is_open else redirect(url_for("tablet.over"), 303)
    if COOKIE in request.cookies and request.method in ("GET", "HEAD"):
        return redirect(marked(request.full_path.rstrip("?")), 303)
    return None


def _ends_itself(response: Response) -> Response:
    """Each page of a tablet is followed by the one that says that it is over; redirects stay on the tablet."""
    if MARK not in request.args or request.endpoint is None:
        return response
    location = response.headers.get("Location", "")
    if location.startswith(("/a/", f"{request.host_url}a/")):
        response.headers["Location"] = marked(location)
    elif not location:
        seconds = ENDS_AFTER.get(request.endpoint.rpartition(".")[2], 30)
        response.headers["Refresh"] = f"{seconds}; url={url_for('tablet.over')}"
        policy = response.headers.get("Content-Security-Policy", "script-src 'none'")
        response.headers["Content-Security-Policy"] = SCRIPTS_ALLOWED.sub("script-src 'none'", policy)
    return response
