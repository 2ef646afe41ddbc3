"""How large what is sent to us may be: one limit, held by the web server, the application and the form's reader alike.

What a patient can honestly write must never be refused when she sends it, so a protocol is refused whose visit could
hold more. The proxies in `deploy/` and docs/operations.md say the same number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LARGEST_BODY = 512 * 1024
SAID_IN_WORDS = 44 * 1024
"""So much more the web server still takes in, so that the application can say in words that it was too large."""
MOST_FIELDS = 500
"""Of one form of a patient."""
PAGES_OWN_BYTES = 4096
"""What the page itself sends beside the answers."""
PAGES_OWN_FIELDS = 20


@dataclass(frozen=True)
class FormSize:
    """What the form of a questionnaire takes at most."""

    bytes: int = 0
    fields: int = 0


def is_too_large(sizes: Iterable[FormSize]) -> bool:
    """Whether a visit that asks all of these could honestly be answered by more than one form may hold."""
    together = list(sizes)
    most = sum(size.bytes for size in together) + PAGES_OWN_BYTES
    return most > LARGEST_BODY or sum(size.fields for size in together) > MOST_FIELDS - PAGES_OWN_FIELDS
