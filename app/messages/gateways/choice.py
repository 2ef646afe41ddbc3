"""Which gateway this installation sends through."""

from app.config import Settings
from app.messages.gateways.gateway import Gateway


def gateway_for(settings: Settings) -> Gateway:
    """Twilio, 46elks or the sandbox, as the settings say; the others' libraries are not loaded."""
    if settings.gateway == "twilio":
        from app.messages.gateways.twilio import TwilioGateway

        return TwilioGateway(settings)
    if settings.gateway == "46elks":
        from app.messages.gateways.elks import ElksGateway

        return ElksGateway(settings)
    from app.messages.gateways.sandbox import SandboxGateway

    return SandboxGateway(settings)
