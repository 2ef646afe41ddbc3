"""A form of the desk that is refused loses no words: what its page does not show again is listed below, to be copied.

Somebody types while a colleague moves the participant to another site, withdraws her, or ends a role. The page that
says so cannot show the form any more, for it is nobody's now; what was typed is hers who typed it. So each refusal is
looked at once it is drawn, whichever page it is. (Considered: to keep it closed as `resuming` does, and to lead back to
it; there is no page to lead back to.) Nothing of it is stored, and secrets (a PIN, a password) are not repeated.
"""

import re
from collections.abc import Iterable

from flask import Flask, g, render_template, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.accounts.kept_forms import Typed
from app.web.staff.resuming import NOT_KEPT

CHOSEN = NOT_KEPT | {"act", "asked", "back", "carried", "confirmed", "decision", "let_go", "list", "remove", "task"}
"""What a button or the page itself says, not she who filled it in."""
REFUSED = 400


def init_app(app: Flask) -> None:
    """Look at each refusal of the desk before it is sent."""
    app.after_request(_with_what_was_typed)


def _with_what_was_typed(response: Response) -> Response:
    if response.status_code < REFUSED or response.mimetype != "text/html" or not _is_hers():
        return response
    page = response.get_data(as_text=True)
    lost = missing(_typed(), page)
    if lost:
        response.set_data(page.replace("</main>", f"{render_template('desk/typed.html', lost=lost)}</main>", 1))
    return response


def _is_hers() -> bool:
    """Whether this answers a form of the desk that a page of ours sent: no other page may put words into ours."""
    searched = request.endpoint == "desk_find.find"  # what was looked for stands in its box, on this page too
    return request.path.startswith("/desk/") and not searched and not g.get("from_elsewhere", False)


def _typed() -> Typed:
    if (resumed := g.get("resumed_form")) is not None:
        again: Typed = resumed
        return again
    try:
        return list(request.form.items(multi=True))
    except HTTPException:  # too large, or no form at all: it is said so already
        return []


def missing(typed: Iterable[tuple[str, str]], page: str) -> Typed:
    """What was typed, by the names of its fields, and stands nowhere on this page as a value or a text by itself."""
    shown = page.partition("<main")[2].partition(">")[2].replace("\r\n", "\n")
    plain = [(name, value.replace("\r\n", "\n").strip()) for name, value in typed]
    hers = [(name, value) for name, value in plain if value and name not in CHOSEN and not name.startswith("_")]
    return [(name, value) for name, value in hers if not _stands(str(escape(value)), shown)]


def _stands(value: str, shown: str) -> bool:
    return re.search(rf'[">]\s*{re.escape(value)}\s*["<]', shown) is not None
