"""What we ask an identity provider: that somebody shows who she is, and then, with the code she brings, who it was.

Authorization code with PKCE (S256), state and nonce, by Authlib. Of what comes back nothing is kept but who it was:
no token is stored anywhere.
"""

from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session

from app.accounts.identities import ShownIdentity
from app.accounts.oidc.asking import AuthorizationRequest
from app.accounts.oidc.discovery import (
    LARGEST_ANSWER,
    NOT_ANSWERING,
    UNUSABLE,
    IdentityProvider,
    ProviderFacts,
    parameters,
)
from app.accounts.oidc.id_tokens import ExpectedToken, NotBelieved, OtherKey, read_id_token
from app.core import bounded_http
from app.core.oidc_settings import OidcSettings
from app.core.problems import Unavailable

SCOPE = "openid"
"""Who she is, and nothing else of her: neither name nor address is asked for."""


def address_to_ask(facts: ProviderFacts, settings: OidcSettings, request: AuthorizationRequest, language: str) -> str:
    """Where somebody shows who she is; anew, where that is asked for, even if she did a moment ago."""
    wishes: dict[str, Any] = {"nonce": request.nonce, "ui_locales": language}
    if request.shown_after is not None:
        wishes |= {"prompt": "login", "max_age": "0"}
    if settings.strong:
        wishes["acr_values"] = " ".join(sorted(settings.strong))
    with _client(facts, settings, request.back) as client:
        address, _ = client.create_authorization_url(
            facts.authorization_endpoint, state=request.state, code_verifier=request.verifier, **wishes
        )
    return str(address)


def who_it_was(
    provider: IdentityProvider,
    settings: OidcSettings,
    request: AuthorizationRequest,
    code: str,
    issuer: str | None,
    now: datetime,
) -> ShownIdentity:
    """Whom the provider knows by this code. NotBelieved for what does not hold, Unavailable while it is away."""
    facts = provider.facts(now)
    if issuer != facts.issuer and (issuer is not None or facts.names_itself):
        raise NotBelieved("another provider sent her back")
    given = _exchanged(facts, settings, request, code)
    token, access_token = given.get("id_token"), given.get("access_token")
    expected = ExpectedToken(facts.issuer, settings.client_id, request.nonce, request.shown_after, settings.strong)
    try:
        return read_id_token(token, provider.keys(now), expected, access_token, now)
    except OtherKey:
        return read_id_token(token, provider.keys(now, anew=True), expected, access_token, now)


def end_session_address(facts: ProviderFacts, client_id: str) -> str:
    """Where her session at the provider is ended; nothing where it does not say. It asks her: we keep no token."""
    if not facts.end_session_endpoint:
        return ""
    return parameters(facts.end_session_endpoint, {"client_id": client_id})


def _exchanged(
    facts: ProviderFacts, settings: OidcSettings, request: AuthorizationRequest, code: str
) -> dict[str, Any]:
    try:
        with bounded_http.deadline(), _client(facts, settings, request.back) as client:
            given: dict[str, Any] = client.fetch_token(
                facts.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=request.verifier,
                timeout=bounded_http.patience(),
                allow_redirects=False,
            )
            return given
    except requests.RequestException as error:
        raise Unavailable(NOT_ANSWERING, retry_after=30) from error
    except (AuthlibBaseError, *UNUSABLE) as error:
        raise NotBelieved(type(error).__name__) from None


def _client(facts: ProviderFacts, settings: OidcSettings, back: str) -> OAuth2Session:
    client = OAuth2Session(
        settings.client_id,
        settings.client_secret,
        token_endpoint_auth_method=facts.client_auth,
        scope=SCOPE,
        redirect_uri=back,
        code_challenge_method="S256",
    )
    return bounded_http.bound(client, largest=LARGEST_ANSWER)
