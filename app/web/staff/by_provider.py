"""Sign-in by a hospital's own identity provider: led there by a form of ours, and back with what says who she is.

An account is bound to what the provider calls her by whoever opened an invitation's link, or is signed in already; an
e-mail address that it says is not even asked for. Its sign-in is worth what a password is: our second factor follows,
unless it says that it asked for one (`OIDC_ACR`). A page leads there and no redirect, since a form of ours may be
answered by nobody else (`form-action`).
"""

import logging
from collections.abc import Callable

from flask import Blueprint, abort, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.utils import login_user

from app.accounts import sessions
from app.accounts.identities import ShownIdentity, bind, user_of
from app.accounts.models import User
from app.accounts.oidc.known import address_to_lead_to, address_to_sign_out, who_came_back
from app.config import current_settings
from app.core.audit import start_acting
from app.core.database import transaction
from app.core.problems import BadInput, Forbidden, Problem, SignInNeeded
from app.core.time import now
from app.studies.inviting import accept_with_identity, invitation_of
from app.web.language import gettext, spoken
from app.web.staff import guessing, second_factors
from app.web.staff.access import confirmed, member, signed_in
from app.web.staff.forms import PASSKEY
from app.web.staff.provider_requests import ProviderPurpose, ProviderRequest, begin, note_shown, taken
from app.web.staff.signing_in import csrf, is_own_path

blueprint = Blueprint("oidc", __name__, url_prefix="/oidc")
log = logging.getLogger("svar.web")
LONGEST_CODE = 2048
WENT_BACK = "You came back without signing in there. Try again, or sign in another way."
NOT_BELIEVED = (
    "What came back does not hold, so nobody is signed in. Begin again; if it happens once more, tell whoever runs "
    "this installation the code below."
)
NOBODY = (
    "Nobody here is connected with this sign-in. Open the link of your invitation and choose it there; or sign in with "
    "your password, and connect it on the page of your account."
)
DISABLED = "Your account here is disabled. Ask the administrator of the study."
ANOTHER = "That was another person's sign-in, or one that is not connected with your account. Nothing is confirmed."
NO_SECOND_FACTOR = "No second factor was asked for there. Write the code of your authenticator app, and confirm again."
WRONG_CODE = "This code is wrong, or was used already. Wait for the next one."


@blueprint.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Lead somebody there who wants to come in."""
    csrf.protect()
    goes_on = _goes_on()
    return redirect(goes_on, 303) if current_user.is_authenticated else _lead(ProviderPurpose.SIGN_IN, 0, goes_on)


@blueprint.post("/invitation/<token>")
def take_invitation(token: str) -> ResponseReturnValue:
    """Lead somebody there who opened the link of her invitation, and wants no password here."""
    csrf.protect()
    return _lead(ProviderPurpose.INVITATION, invitation_of(token, now()).id, url_for("desk.begin"))


@blueprint.post("/confirm")
@signed_in
def confirm() -> ResponseReturnValue:
    """Lead her there to show anew that it is she; the code of her authenticator is looked at before."""
    code, goes_on = request.form.get("code", "").strip(), _goes_on()
    if code and member().tf_totp_secret:
        guessing.before_code_again(member())
        if not second_factors.use_code(member(), code):
            return _refused(BadInput(WRONG_CODE), ProviderPurpose.CONFIRM, goes_on)
    return _lead(ProviderPurpose.CONFIRM, member().id, goes_on, code_shown=bool(code and member().tf_totp_secret))


@blueprint.post("/connect")
@signed_in
@confirmed
def connect() -> ResponseReturnValue:
    """Lead her there to connect her account with what the provider calls her."""
    return _lead(ProviderPurpose.CONNECT, member().id, url_for("accounts.account"))


@blueprint.get("/back")
def back() -> ResponseReturnValue:
    """She comes back: whoever the provider says it was comes in, confirms or is connected, as was asked."""
    _hold_configured()
    begun = None
    try:
        begun = taken(request.args.get("state", ""))
        return ANSWERS[begun.purpose](begun, _shown(begun))
    except Problem as problem:
        return _refused(problem, begun.purpose if begun else ProviderPurpose.SIGN_IN, begun.goes_on if begun else "")


@blueprint.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """She is signed out here; where she ends her session at the provider, too."""
    _hold_configured()
    try:
        address = address_to_sign_out(current_settings().oidc, now())
    except Problem:
        address = ""
    return render_template("accounts/provider_signed_out.html", address=address, name=_name())


def _lead(purpose: ProviderPurpose, whom: int, goes_on: str, *, code_shown: bool = False) -> ResponseReturnValue:
    """The page that leads to the provider."""
    _hold_configured()
    begun = begin(purpose, whom, goes_on, code_shown=code_shown)
    with transaction():
        """Nothing is held while the provider is asked where it wants her."""
    try:
        address = address_to_lead_to(current_settings().oidc, begun.authorization, spoken(), now())
    except Problem as problem:
        return _refused(problem, purpose, goes_on)
    return render_template("accounts/provider_leading.html", address=address, name=_name())


def _shown(begun: ProviderRequest) -> ShownIdentity:
    """Who it was, as the provider says to us alone. Forbidden where that does not hold."""
    code = request.args.get("code", "")
    if "error" in request.args or not 0 < len(code) <= LONGEST_CODE:
        raise BadInput(WENT_BACK)
    guessing.before_provider()
    settings, issuer = current_settings().oidc, request.args.get("iss")
    said = who_came_back(settings, begun.authorization, code, issuer, now())
    if isinstance(said, str):
        log.warning("identity provider not believed: %s %s", said, g.get("request_id"))
        raise Forbidden(NOT_BELIEVED)
    guessing.provider_was_right()
    return said


def _came_to_sign_in(begun: ProviderRequest, shown: ShownIdentity) -> ResponseReturnValue:
    user = user_of(shown)
    if user is None:
        raise Forbidden(NOBODY)
    start_acting(f"user:{user.id}")
    return _come_in(user, shown, begun.goes_on)


def _came_with_an_invitation(begun: ProviderRequest, shown: ShownIdentity) -> ResponseReturnValue:
    start_acting(f"invitation:{begun.whom}")
    user = accept_with_identity(begun.whom, shown, now())
    return _come_in(user, shown, begun.goes_on)


def _came_to_confirm(begun: ProviderRequest, shown: ShownIdentity) -> ResponseReturnValue:
    user, owner = _who_asked(begun), user_of(shown)
    if owner is None or owner.id != user.id:
        raise Forbidden(ANOTHER)
    if user.tf_totp_secret and not (shown.is_strong or begun.code_shown):
        raise Forbidden(NO_SECOND_FACTOR)
    assert shown.shown_at is not None  # it was asked for anew
    sessions.confirm(g.staff_session, shown.shown_at)
    return redirect(begun.goes_on, 303)


def _came_to_connect(begun: ProviderRequest, shown: ShownIdentity) -> ResponseReturnValue:
    bind(_who_asked(begun), shown, now())
    flash(gettext("Your account is connected: you may sign in with %(name)s from now on.", name=_name()))
    return redirect(begun.goes_on, 303)


ANSWERS: dict[ProviderPurpose, Callable[[ProviderRequest, ShownIdentity], ResponseReturnValue]] = {
    ProviderPurpose.SIGN_IN: _came_to_sign_in,
    ProviderPurpose.INVITATION: _came_with_an_invitation,
    ProviderPurpose.CONFIRM: _came_to_confirm,
    ProviderPurpose.CONNECT: _came_to_connect,
}
"""What is done once it is known who it was, by what it was asked for."""


def _who_asked(begun: ProviderRequest) -> User:
    """Who is signed in still, and asked for this."""
    if not current_user.is_authenticated or member().id != begun.whom:
        raise SignInNeeded("You were signed out meanwhile. Sign in, and begin again.")
    start_acting(f"user:{member().id}")
    return member()


def _come_in(user: User, shown: ShownIdentity, goes_on: str) -> ResponseReturnValue:
    """She comes in, or is asked for our second factor as after a password."""
    if not user.active:
        raise Forbidden(DISABLED)
    guessing.begin_half()
    note_shown(shown.shown_at)
    if not shown.is_strong:
        if user.webauthn and not user.tf_primary_method:
            raise Forbidden(PASSKEY)
        asked_for_code = current_app.extensions["security"].two_factor_plugins.tf_enter(
            user, False, "provider", goes_on
        )
        if asked_for_code is not None:
            answer: ResponseReturnValue = asked_for_code
            return answer
    login_user(user, remember=False, authn_via=["provider"])
    return redirect(goes_on, 303)


def _refused(problem: Problem, purpose: ProviderPurpose, goes_on: str) -> ResponseReturnValue:
    """What went wrong, and the way back to where it was begun."""
    ways = {ProviderPurpose.CONFIRM: "security.verify", ProviderPurpose.CONNECT: "accounts.account"}
    way = url_for(ways.get(purpose, "security.login"), next=goes_on or None)
    answer = make_response(render_template("accounts/provider_refused.html", problem=problem, way=way), problem.status)
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _goes_on() -> str:
    wanted = request.form.get("next", "")
    return wanted if is_own_path(wanted) else url_for("desk.begin")


def _name() -> str:
    return current_settings().oidc.name


def _hold_configured() -> None:
    if not current_settings().oidc:
        abort(404)
