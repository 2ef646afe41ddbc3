"""The identity provider of staff: whether it is there, is the one that was named, and signs as we can check."""

from collections.abc import Iterator

from app.config import Settings


def sign_in(settings: Settings) -> Iterator[str]:
    """It can be asked who somebody is; nothing is looked at where staff have passwords alone."""
    if not settings.oidc:
        return
    from app.accounts.oidc.discovery import UNUSABLE, WELL_KNOWN, WrongDiscovery, ask

    address = settings.oidc.issuer.rstrip("/") + WELL_KNOWN
    try:
        ask(settings.oidc.issuer)
    except WrongDiscovery as wrong:
        yield f"{address} cannot be used: {wrong}."
    except UNUSABLE as error:
        yield f"{address} cannot be asked ({type(error).__name__}). Is it right, and may this machine go there?"
