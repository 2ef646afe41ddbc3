"""The words of one message: the protocol's text of its kind in the participant's language, filled in."""

from app.messages.reading import Ready
from app.schedule.links import token
from app.studies.protocol import Protocol
from app.studies.texts import render


def compose(row: Ready, plan: Protocol, base: str) -> str:
    """The text to send. The link is derived, so composing it again gives the same one."""
    site = plan.site(row.site)
    parts = {"sender": site.sender.get(row.language, site.sender[plan.default_language]), "phone": site.phone}
    if row.assessment_id is not None:
        parts["link"] = f"{base}/a/{token(row.assessment_id, row.link_version)}"
    return render(plan.template(row.kind, row.language), **parts)
