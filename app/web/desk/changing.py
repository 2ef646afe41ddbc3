"""A form about a participant: what is right leads back to her page, what is wrong is said on it, where it is."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.core.problems import Problem
from app.participants.models import Participant
from app.permitting import current_scope
from app.web.desk.facts import hold_her_as_shown
from app.web.desk.finding import participant
from app.web.desk.person import page
from app.web.staff.resuming import refuse_resumed

Answer = str | Response | tuple[str, int]


def changed(code: str, form: str, change: Callable[[Participant], str]) -> Answer:
    """Change her as `form` asks, and go back with the sentence that `change` returns; its Problem is shown instead.

    One that says it by itself returns nothing to say.
    """
    person = participant(code)
    try:
        refuse_resumed()
        hold_her_as_shown(person, form)
        sentence = change(person)
    except Problem as problem:
        return page(person, problem=problem, about=form, sent=request.form), problem.status
    if sentence:
        flash(sentence)
    return to_page(person)


def to_page(of: Participant) -> Response:
    """The way back to her page."""
    return redirect(url_for("desk_participants.show", study=current_scope().study.code, code=of.code), 303)
