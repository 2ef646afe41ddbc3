"""How a patient's page leaves: one document with its style and script inside, compressed, allowed nothing else.

Style and script are allowed by their hashes, not by a nonce, so that a page without answers is the same for every
patient of a visit and can be kept ready and compressed.
"""

import re
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Response, current_app, request

STATIC = Path(__file__).parents[2] / "static"
SMALL = STATIC / "small"
BETWEEN_TAGS = re.compile(r">\s*\n\s*<")
PAGE_SCRIPTS = ("patient_paged.js", "patient.js", "patient_received.js", "patient_once.js", "patient_rich.js")
STYLES = ("patient.css", "patient_identity.css", "patient_received.css", "patient_rich.css")
END_OF_STYLE, SCRIPT = b"</style>", b"<script>"
GZIP = zlib.MAX_WBITS + 16
"""Tells zlib to write the header and the checksum of gzip."""
KEPT_BEGINNINGS = 24
"""Compressors kept per process, of 0.3 MB each: titles of pages times languages."""
READY_PAGES = 200
"""Ready pages per process; visits times languages times sites of a few studies."""


@dataclass(frozen=True)
class Page:
    """A finished document; compressed, at this level, once somebody takes it so."""

    plain: bytes
    level: int = 6

    @cached_property
    def gzipped(self) -> bytes:
        """The document as most browsers take it; what it shares with many, up to its style, is compressed once.

        Style, words and script are blocks of their own, each coded by how often its own letters come: 150 bytes less.
        """
        length = self.plain.find(END_OF_STYLE) + len(END_OF_STYLE)
        begun, compressor = _begun(self.plain[:length], self.level)
        rest = compressor.copy()
        words, opening, script = self.plain[length:].rpartition(SCRIPT)
        content = rest.compress(words) + rest.flush(zlib.Z_BLOCK)
        return begun + content + rest.compress(opening + script) + rest.flush()


@lru_cache(KEPT_BEGINNINGS)
def _begun(beginning: bytes, level: int) -> tuple[bytes, "zlib._Compress"]:
    """What comes out of a compressor so far, and the compressor, to be copied and gone on with."""
    compressor = zlib.compressobj(level, wbits=GZIP)
    return compressor.compress(beginning) + compressor.flush(zlib.Z_BLOCK), compressor


@cache
def style(name: str = "patient.css") -> str:
    """A style sheet, as `make small` wrote it."""
    return (SMALL / name).read_text("utf-8")


@cache
def script(name: str = "patient.js") -> str:
    """A script, as `make small` wrote it: without what only its author needs."""
    return (SMALL / name).read_text("utf-8")


@cache
def policy() -> str:
    """What a patient's page may do: its own style and scripts by hash, answers to itself, nothing else."""
    scripts = " ".join(_hashed(script(name)) for name in PAGE_SCRIPTS)
    styles = " ".join(_hashed(style(name)) for name in STYLES)
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; connect-src 'self'; "
        "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def page(template: str, values: Mapping[str, object], level: int = 6) -> Page:
    """Draw a page of the patient, with its style and script inside, of these values alone.

    What the application lends its staff's pages is not looked up.
    """
    html = current_app.jinja_env.get_template(f"patient/{template}").render(style=style, script=script, **values)
    return Page(BETWEEN_TAGS.sub(">\n<", html).encode(), level)


def sent(drawn: Page, language: str, status: int = 200) -> Response:
    """The page as this browser takes it."""
    squeezed = request.accept_encodings.quality("gzip") > 0
    answer = current_app.response_class(drawn.gzipped if squeezed else drawn.plain, status, mimetype="text/html")
    if squeezed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding, Accept-Language"
    answer.headers["Content-Language"] = language
    answer.headers["Content-Security-Policy"] = policy()
    return answer
