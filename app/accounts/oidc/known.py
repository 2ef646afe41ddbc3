"""The identity provider of this installation, as each process knows it; loaded when somebody first signs in by it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from app.accounts.identities import ShownIdentity
from app.accounts.oidc.asking import AuthorizationRequest
from app.core.oidc_settings import OidcSettings

if TYPE_CHECKING:
    from app.accounts.oidc.discovery import IdentityProvider


def address_to_lead_to(settings: OidcSettings, request: AuthorizationRequest, language: str, now: datetime) -> str:
    """Where somebody shows who she is; Unavailable while the provider does not answer."""
    from app.accounts.oidc.exchange import address_to_ask

    return address_to_ask(known_provider(settings.issuer).facts(now), settings, request, language)


def who_came_back(
    settings: OidcSettings, request: AuthorizationRequest, code: str, issuer: str | None, now: datetime
) -> ShownIdentity | str:
    """Whom the provider knows by this code; why not, in words for the log, where what came does not hold."""
    from app.accounts.oidc.exchange import who_it_was
    from app.accounts.oidc.id_tokens import NotBelieved

    try:
        return who_it_was(known_provider(settings.issuer), settings, request, code, issuer, now)
    except NotBelieved as why:
        return str(why)


def address_to_sign_out(settings: OidcSettings, now: datetime) -> str:
    """Where she ends her session at the provider; nothing where it has no such place."""
    from app.accounts.oidc.exchange import end_session_address

    return end_session_address(known_provider(settings.issuer).facts(now), settings.client_id)


@cache
def known_provider(issuer: str) -> IdentityProvider:
    """What this process knows of it."""
    from app.accounts.oidc.discovery import IdentityProvider

    return IdentityProvider(issuer)
