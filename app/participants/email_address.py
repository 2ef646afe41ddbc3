"""What is an e-mail address: one form in which it is kept, refused with a sentence when it is none."""

import re
import unicodedata

from app.core.problems import BadInput
from app.core.usable_settings import HOST_LABEL

LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 signs, without its brackets."""
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN_NAME = re.compile(rf"({HOST_LABEL}\.)+(?!\d+$){HOST_LABEL}")


def email_address(text: str) -> str:
    """The address, its domain in small ASCII letters. BadInput if no mail server would take it."""
    written = unicodedata.normalize("NFKC", "".join(filter(str.isprintable, text[: 4 * LONGEST_EMAIL]))).strip()
    local, at, domain = written.rpartition("@")
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode().lower() if domain else ""
    except UnicodeError:
        ascii_domain = ""
    address = f"{local}{at}{ascii_domain}"
    if not LOCAL.fullmatch(local) or len(local) > 64 or not DOMAIN_NAME.fullmatch(ascii_domain):
        sentence = "This is not an e-mail address. Write it as the participant does, such as kari@example.org."
        raise BadInput(sentence, errors={"email": sentence})
    if len(address) > LONGEST_EMAIL:
        sentence = "This e-mail address is too long for any mail server. Check it with the participant."
        raise BadInput(sentence, errors={"email": sentence})
    return address


def looked_up(address: str) -> str:
    """The form by which it is found: people write their own address in large and small letters."""
    return address.casefold()
