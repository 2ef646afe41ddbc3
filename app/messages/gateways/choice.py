"""Which gateway this installation sends through."""

from app.config import Settings
from app.messages.gateways.gateway import Gateway as Gateway
from app.studies.protocol import Channel


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


def carriers(settings: Settings, gateway: Gateway) -> tuple[Gateway, ...]:
    """Everything by which messages leave: the gateway of texts, and that of e-mails where it does not take them too."""
    if Channel.EMAIL in gateway.carries:
        return (gateway,)
    from app.messages.gateways.email import EmailGateway

    return (gateway, EmailGateway(settings))
