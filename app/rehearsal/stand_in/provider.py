"""The stand-in's door: the part of Twilio's interface that the service speaks, and the telephones for people."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.config import Settings
from app.rehearsal.stand_in.reporting import Reporter
from app.rehearsal.stand_in.texts import KeptTexts, TakenText
from app.web.demonstration.sandbox import with_links

SENDER = "+15005550006"
"""Who texts come from where a messaging service has senders of its own."""
MOST_TEXTS_LISTED, LONGEST = 1000, 1600
twilio = Blueprint("twilio", __name__)
telephones = Blueprint("telephones", __name__, url_prefix="/telephones")


class StandIn(Flask):
    """The stand-in as an application of its own."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        super().__init__("app", static_folder=None)
        self.settings, self.clock = settings, clock
        self.texts, self.reporter = KeptTexts(), Reporter(settings)
        self.sender = settings.twilio_sender or SENDER
        self.before_request(_who_knows_the_token)
        self.register_blueprint(twilio)
        self.register_blueprint(telephones)


def _here() -> StandIn:
    stand_in = current_app._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(stand_in, StandIn)
    return stand_in


def _who_knows_the_token() -> Response | None:
    """The service and its operators alone: account and token, as Twilio asks for them."""
    given, settings = request.authorization, _here().settings
    words = (f"{given.username}:{given.password}" if given else "").encode()
    if not any(
        secrets.compare_digest(words, f"{settings.twilio_account_sid}:{token}".encode())
        for token in settings.twilio_auth_tokens
    ):
        refused = jsonify(_problem(401, 20003, "Authenticate"))
        refused.status_code, refused.headers["WWW-Authenticate"] = 401, 'Basic realm="stand-in"'
        return refused
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        abort(403)
    return None


def _problem(status: int, code: int, message: str) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}


def _resource(text: TakenText) -> dict[str, Any]:
    return text.as_json(_here().settings.twilio_account_sid, _here().sender)


@twilio.get("/")
def front() -> ResponseReturnValue:
    """Whoever looks in with a browser sees the telephones."""
    return redirect(url_for("telephones.shown"))


@twilio.post("/2010-04-01/Accounts/<account>/Messages.json")
def take(account: str) -> ResponseReturnValue:
    """Take a text, and report soon that it arrived."""
    to, body = request.form.get("To", ""), request.form.get("Body", "")
    if not to or not body or len(body) > LONGEST:
        code = 21604 if not to else 21602 if not body else 21617
        return _problem(400, code, "The text has no number, no words, or too many of them."), 400
    text = TakenText(
        f"SM{secrets.token_hex(16)}", to, body, request.form.get("StatusCallback", ""), _here().clock(),
        request.form.get("ValidityPeriod", ""),
    )  # fmt: skip
    _here().texts.keep(text)
    made = _resource(text)
    _here().reporter.report(text)
    return made, 201


@twilio.get("/2010-04-01/Accounts/<account>/Messages.json")
def listed(account: str) -> ResponseReturnValue:
    """The texts that fit, the newest first, on one page."""
    size = min(request.args.get("PageSize", 50, int), MOST_TEXTS_LISTED)
    fitting = [text for text in _here().texts.newest_first() if text.fits(request.args, _here().sender)]
    texts = [_resource(text) for text in fitting[:size]]
    return {"messages": texts, "page": 0, "page_size": size, "uri": request.full_path, "next_page_uri": None}


@twilio.route("/2010-04-01/Accounts/<account>/Messages/<sid>.json", methods=["GET", "POST"])
def one_text(account: str, sid: str) -> ResponseReturnValue:
    """A text; with new words (none of them), those take the place of the old ones."""
    text = _here().texts.find(sid)
    if text is None:
        return _problem(404, 20404, "The requested resource was not found"), 404
    if request.method == "POST":
        text.body = request.form.get("Body", text.body)
    return _resource(text)


@twilio.get("/2010-04-01/Accounts/<account>.json")
def account_kept(account: str) -> ResponseReturnValue:
    """The account, in good standing."""
    return {"sid": account, "status": "active", "type": "Full", "friendly_name": "stand-in", "subresource_uris": {}}


@twilio.get("/2010-04-01/Accounts/<account>/IncomingPhoneNumbers.json")
def senders(account: str) -> ResponseReturnValue:
    """Any sender that is asked for; what people write to it comes to the service."""
    number = request.args.get("PhoneNumber", _here().sender)
    rows = [{"sid": f"PN{'0' * 32}", "phone_number": number, "sms_url": _inbound()}]
    return {"incoming_phone_numbers": rows, "page": 0, "page_size": 50, "next_page_uri": None}


@twilio.get("/v1/Services/<sid>")
def messaging_service(sid: str) -> ResponseReturnValue:
    """Any messaging service that is asked for."""
    return {"sid": sid, "inbound_request_url": _inbound()}


def _inbound() -> str:
    return f"{_here().settings.public_base_url}/webhooks/twilio/inbound"


@telephones.get("/")
def shown() -> ResponseReturnValue:
    """Every telephone that has a text, the one that rang last first."""
    newest: dict[str, TakenText] = {}
    for text in _here().texts.newest_first():
        newest.setdefault(text.to, text)
    return render_template("stand_in/telephones.html", newest=newest)


@telephones.get("/<number>")
def telephone(number: str) -> ResponseReturnValue:
    """What it was sent, and what was written on it, as people read it: the newest last."""
    texts = [text for text in reversed(_here().texts.newest_first()) if text.to == number]
    lines = [(text, with_links(text.body)) for text in texts]
    return render_template("stand_in/telephone.html", number=number, lines=lines, taken=request.args.get("taken"))


@telephones.post("/<number>")
def write(number: str) -> ResponseReturnValue:
    """Write to the service, as whose telephone this is."""
    words = request.form.get("words", "").strip()[:LONGEST]
    if not words:
        return redirect(url_for("telephones.telephone", number=number))
    text, taken = _here().reporter.hand_on(number, words, _here().sender, _here().clock())
    _here().texts.keep(text)
    return redirect(url_for("telephones.telephone", number=number, taken="yes" if taken else "no"))
