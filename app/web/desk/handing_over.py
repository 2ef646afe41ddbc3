"""A second press on the button that hands the tablet over leads to the same questions as the first.

The first press signed out whoever pressed it, so the second comes from nobody: or from a browser that holds the visit
already, or with the cookie of a session that ended a moment ago and the word of the form that was answered then. Either
is worth as much as the first press was, in the browser that made it, and for seconds.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec

from flask import current_app, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import logout_user

from app.accounts import answered_forms, sessions
from app.core.time import now
from app.web.staff.sending_twice import WAITING, digest_of_form
from app.web.staff.signing_in import SESSION_KEY, csrf
from app.web.tablet_visits import opened_on_tablet, token_in, visit_here

SECOND_PRESS = timedelta(seconds=30)
Sent = ParamSpec("Sent")


def pressed_once(view: Callable[Sent, ResponseReturnValue]) -> Callable[Sent, ResponseReturnValue]:
    """The view hands a tablet over; pressed again within seconds it leads there once more."""

    @wraps(view)
    def allowed(*args: Sent.args, **kwargs: Sent.kwargs) -> ResponseReturnValue:
        token = None if current_user.is_authenticated else visit_here(SECOND_PRESS) or _answered_before()
        if token is not None:
            return opened_on_tablet(token)
        answer = current_app.make_response(view(*args, **kwargs))
        again = token_in(answer.headers.get("Location", ""))
        if again is None:
            return answer
        logout_user()  # of two presses at once the second was signed in when it came
        session.pop(WAITING, None)
        return opened_on_tablet(again)

    return allowed


def _answered_before() -> str | None:
    """The link of the visit to which this very form led, if she who sent it signed out by that."""
    user = sessions.signed_out_since(session.get("_user_id", ""), session.get(SESSION_KEY, ""), now() - SECOND_PRESS)
    if user is None:
        return None
    csrf.protect()
    earlier = answered_forms.earlier_answer(user.id, digest_of_form())
    return token_in(earlier.address) if earlier else None
