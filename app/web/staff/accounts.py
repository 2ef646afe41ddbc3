"""The page of one's own account: who I am here, my second factor, my password."""

from flask import Blueprint, render_template

from app.web.staff.access import member, signed_in

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/account")
@signed_in
def account() -> str:
    """My account."""
    return render_template("accounts/account.html", user=member())
