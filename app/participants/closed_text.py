"""A text of a contact as its plain words: closed in one column, and found by the fingerprint in another."""

from collections.abc import Callable
from typing import Any

from app.core.crypto import keyring


class ClosedText:
    """Reads and writes a closed column of `contacts`; nothing is nothing, and the empty text is nothing too."""

    def __init__(self, column: str, fingerprint: str = "", looked_up: Callable[[str], str] = str) -> None:
        self._column, self._fingerprint, self._looked_up = column, fingerprint, looked_up

    def __get__(self, contact: Any, owner: type[Any] | None = None) -> str | None:
        sealed: bytes | None = getattr(contact, self._column)
        return keyring().decrypt(sealed, "contacts", self._column, contact.participant_id) if sealed else None

    def __set__(self, contact: Any, text: str | None) -> None:
        row = contact.participant_id
        setattr(contact, self._column, keyring().encrypt(text, "contacts", self._column, row) if text else None)
        if self._fingerprint:
            fingerprint = keyring().fingerprint(self._looked_up(text)) if text else None
            setattr(contact, self._fingerprint, fingerprint)
