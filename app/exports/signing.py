"""The signature of a manifest, in a file beside it: by its public key one knows who made the night.

It stands in no manifest, as the manifest is what it signs; a night of before there was a key has none.
"""

import json
from collections.abc import Collection
from pathlib import Path

from app.core.crypto import SigningKeys, is_signed
from app.exports.folders import write
from app.exports.manifest import MANIFEST

SIGNATURE = "manifest.sig"
ALGORITHM = "Ed25519"


def sign(folder: Path, keys: SigningKeys | None) -> None:
    """Sign the folder's manifest, if there is a key."""
    if keys is not None:
        signed = {"algorithm": ALGORITHM, "public_key": keys.public[0]}
        signed["signature"] = keys.sign((folder / MANIFEST).read_bytes())
        write(folder / SIGNATURE, (json.dumps(signed, indent=2) + "\n").encode())


def complaint(folder: Path, public: Collection[str], *, must: bool = False) -> str:
    """What is wrong with the folder's signature, in a sentence; nothing if nothing is.

    One that is absent is wrong where it `must` be there; where no key is known, none can be wrong.
    """
    path = folder / SIGNATURE
    if not path.is_file():
        return f"{MANIFEST} is not signed" if must else ""
    if not public:
        return ""
    try:
        signed = json.loads(path.read_text("utf-8"))
        key, signature = str(signed["public_key"]), str(signed["signature"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{SIGNATURE} is damaged"
    if key not in public:
        return f"{MANIFEST} is signed with a key that is not known here"
    return "" if is_signed((folder / MANIFEST).read_bytes(), signature, key) else f"{MANIFEST} is not what was signed"
