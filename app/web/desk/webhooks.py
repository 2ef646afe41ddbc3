"""Webhooks of the study: where it is heard, what was told there and did not arrive; paused, ended, told again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.hooks import subscribing
from app.hooks.models import DeliveryState, Hook
from app.hooks.replaying import deliveries_of, find_delivery, replay, replay_given_up
from app.hooks.subscribing import find_hook, hooks_of
from app.permitting import current_scope
from app.studies.installing import current_protocol
from app.web.desk.changing import Answer
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, confirmed, requires

blueprint = Blueprint("desk_webhooks", __name__, url_prefix="/desk/<study>/study/webhooks")
SHOWN_DELIVERIES = 20
SAID_OF_HOOK = {
    "pause": "Paused. What happens meanwhile is kept, and leaves when it goes on.",
    "go on": "It goes on: what waits leaves with the next round.",
    "end": "Ended. Nothing more is told there.",
    "again": "What was given up is owed anew.",
}
"""What may be done with a webhook, and what is said once it is."""


@blueprint.get("/")
@requires(Permission.MANAGE_STUDY, whole_study=True)
def listing() -> str:
    """Each webhook, and the newest that was told there."""
    return _page()


@blueprint.post("/<int:hook_id>")
@requires(Permission.MANAGE_STUDY, whole_study=True)
@confirmed
def change(hook_id: int) -> Answer:
    """Pause it, go on, end it, or tell again what was given up; for a reason."""
    hook, fields = find_hook(current_scope().study, hook_id), Fields(request.form)
    reason = fields.text("reason")
    start_acting(actor(), reason)
    try:
        wanted = fields.choice("act", SAID_OF_HOOK)
        fields.needed("reason", "Say why.")
        fields.check()
        _do(wanted, hook, reason)
    except Problem as problem:
        return _page(problem, about=hook_id), problem.status
    flash(gettext(SAID_OF_HOOK[wanted]))
    return _back()


@blueprint.post("/<int:hook_id>/deliveries/<int:delivery_id>")
@requires(Permission.MANAGE_STUDY, whole_study=True)
@confirmed
def tell_again(hook_id: int, delivery_id: int) -> Answer:
    """Tell it once more, with the same id: a receiver who has it already knows."""
    hook = find_hook(current_scope().study, hook_id)
    try:
        replay(find_delivery(hook, delivery_id), now())
    except Problem as problem:
        return _page(problem, about=hook_id), problem.status
    flash(gettext("It is owed anew, and leaves with the next round."))
    return _back()


def _do(wanted: str, hook: Hook, reason: str) -> None:
    match wanted:
        case "pause":
            subscribing.pause(hook, reason, now())
        case "go on":
            subscribing.go_on(hook)
        case "end":
            subscribing.end(hook, now())
        case _:
            replay_given_up(hook, now())


def _page(problem: Problem | None = None, *, about: int = 0) -> str:
    study = current_scope().study
    return render_template(
        "desk/webhooks.html",
        hooks=[(hook, deliveries_of(hook)[:SHOWN_DELIVERIES]) for hook in hooks_of(study)],
        tags={DeliveryState.DELIVERED: "good", DeliveryState.GIVEN_UP: "alarm", DeliveryState.WAITING: "care"},
        zone=current_protocol(study).plan.zone,
        problem=problem,
        about=about,
        sent=request.form,
    )


def _back() -> Answer:
    return redirect(url_for("desk_webhooks.listing", study=current_scope().study.code), 303)
