"""A second press of a button, a reload, a browser that sends anew: the same page again, and nothing done twice.

Each form of the desk carries in `_once` a word made when it was shown (`token()` in `desk/_fields.html`). Whoever sends
it a second time, as it was, is led where the first sending led (`app.accounts.answered_forms`). A page that is the
answer itself is drawn anew, for it changed nothing or notes each look at it, unless it shows what is shown once.
"""

import secrets
from collections.abc import Callable, Sequence

from flask import Flask, current_app, flash, g, redirect, request, session
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.accounts import answered_forms
from app.accounts.answered_forms import FormAnswer
from app.core.time import now
from app.web.language import gettext

ONCE = "_once"
SAYS_NOTHING = frozenset({"csrf_token", "_whose"})
"""Fields that are not what she sent."""
TWICE = "This form was sent twice. It was done once."
SHOWN_ONCE = frozenset({"desk_people.send_invitation"})
"""Views that do something and answer by a page: it shows a link that is kept nowhere else."""
WAITING = "_flashes"
Said = Sequence[tuple[str, object]]


def done_once(user_id: int, do: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """What `do` answers; for a form that this user sent before, the answer of then, and nothing is done."""
    if request.method != "POST" or not request.form.get(ONCE):
        return do()
    digest = digest_of_form()
    earlier = answered_forms.earlier_answer(user_id, digest)
    if earlier is not None:
        return _again(earlier)
    before = len(_said())
    answer = current_app.make_response(do())
    if not g.get("nothing_done", False) and (answer.status_code == 303 or _is_shown_once(answer)):
        page = answer.get_data(as_text=True) if answer.status_code == 200 else ""
        kept = FormAnswer(answer.headers.get("Location", ""), page, _said()[before:])
        answered_forms.keep(user_id, digest, kept, now())
    return answer


def digest_of_form() -> bytes:
    """What is the same for two sendings of this request's form."""
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in SAYS_NOTHING]
    return answered_forms.digest_of(request.path, typed)


def nothing_done() -> None:
    """Say that this request was only led elsewhere, to confirm or sign in: sent again it is no second sending."""
    g.nothing_done = True


def _again(earlier: FormAnswer) -> ResponseReturnValue:
    if earlier.page:
        return earlier.page
    waiting = _said()  # of two quick presses the browser may show neither page before the second answer
    for category, message in [each for each in earlier.said if each not in waiting]:
        flash(message, category)  # type: ignore[arg-type]
    flash(gettext(TWICE))
    return redirect(earlier.address, 303)


def _is_shown_once(answer: Response) -> bool:
    return answer.status_code == 200 and request.endpoint in SHOWN_ONCE


def _said() -> Said:
    return [(category, message) for category, message in session.get(WAITING, [])]


def once() -> str:
    """The word of one form, shown once."""
    return secrets.token_urlsafe(16)


def init_app(app: Flask) -> None:
    """Let forms carry their word."""
    app.jinja_env.globals["once"] = once
