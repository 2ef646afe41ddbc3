"""What a person can read of a page or a mail: a short word looked for in a random token is found there one day."""

import re
from email.message import EmailMessage

TOKEN = re.compile(r"[\w.=-]{24,}|[0-9a-f]{16,}")
"""Links, stamps of forms, boundaries; marks of texts, which are shorter and hexadecimal: no telephone's number is."""


def without_tokens(text: str) -> str:
    """The text with every run that is too long for a word cut out."""
    return TOKEN.sub("…", text)


def said(mail: EmailMessage) -> str:
    """A mail's headers and all its bodies, decoded, without tokens."""
    parts = [part for part in mail.walk() if not part.is_multipart()]
    heads = [f"{name}: {value}" for whole in mail.walk() for name, value in whole.items()]
    return without_tokens("\n".join([*heads, *(str(part.get_content()) for part in parts)]))
