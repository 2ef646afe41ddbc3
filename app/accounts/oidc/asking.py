"""What an identity provider is asked: that somebody shows who she is, tied to what asked for it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AuthorizationRequest:
    """One request, and what only its answer can know: made for it, and used once."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE: the code is exchanged by whoever asked for it, and by nobody else."""
    back: str
    """The address of ours to which she comes back; the provider has it written down."""
    shown_after: datetime | None = None
    """She must show anew that it is she, since then; None where an earlier sign-in there will do."""
