"""Pictures in a questionnaire's folder: PNG and WebP as they are, SVG rebuilt of shapes and plain colours alone.

A drawing comes onto patients' pages, so nothing of it is trusted: what is not a shape is refused by name, what a shape
says beside its form and colour is left out. The `id` of a shape names a region of a body map.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element, ParseError, XMLParser

LARGEST_PICTURE = 30_000
LARGEST_PICTURES = 120_000
"""Bytes of one picture, and of all in a folder: a patient pays for them by the megabyte."""
MOST_POINTS = 2000
"""Of a picture's width and height: a few bytes can unfold to far more than a telephone has."""
PNG, WEBP, SVG = "image/png", "image/webp", "image/svg+xml"
ENDINGS = {"png": PNG, "webp": WEBP, "svg": SVG}
PICTURE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}\.(png|webp|svg)", re.ASCII)
DRAWN_SHAPES = ("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon")
SILENT = ("title", "desc", "metadata", "defs", "style")
"""Left out without a word, where they hold nothing that is drawn."""
COLOURS = ("fill", "stroke", "fill-rule", "fill-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin",
           "stroke-opacity", "opacity")  # fmt: skip
FORM_ATTRIBUTES = (
    "d",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "width",
    "height",
    "points",
    "transform",
)
PLAIN = re.compile(r"[\w\s.,#%()+-]*", re.ASCII)
REGION = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
OWN_SPACE = "{http://www.w3.org/2000/svg}"
HEAD = re.compile(rb"\x89PNG\r\n\x1a\n.{8}(.{4})(.{4})", re.DOTALL)


class BadPicture(ValueError):
    """Why a picture cannot be shown, as a sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown: `content` is markup of a drawing, else base64; `regions` are the names in it."""

    kind: str
    content: str
    regions: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The whole picture as an address, which a page holds within itself."""
        if self.kind != SVG:
            return f"data:{self.kind};base64,{self.content}"
        drawing = self.content.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return f"data:{SVG};base64,{base64.b64encode(drawing.encode()).decode()}"


def text_of(name: str, content: bytes) -> str:
    """A picture's file as text, to be kept with the others: a drawing as it is, else base64."""
    return content.decode("utf-8-sig") if name.endswith(".svg") else base64.b64encode(content).decode()


def read_picture(name: str, text: str) -> Picture:
    """The picture that `text_of` kept; BadPicture says what is wrong with it."""
    if not PICTURE_NAME.fullmatch(name):
        raise BadPicture("call it by small letters, digits, - and _, ending in .png, .webp or .svg")
    kind = ENDINGS[name.rpartition(".")[2]]
    content = text.encode() if kind == SVG else base64.b64decode(text)
    if len(content) > LARGEST_PICTURE:
        raise BadPicture(
            f"has {len(content):,} bytes, at most {LARGEST_PICTURE:,} may be shown; make it smaller or simpler"
        )
    if kind == SVG:
        return _drawing(text)
    size = _png_size(content) if kind == PNG else _webp_size(content)
    if size is None:
        raise BadPicture(f"is no {kind.partition('/')[2].upper()} file, whatever it is called")
    if max(size) > MOST_POINTS:
        raise BadPicture(f"is {size[0]} x {size[1]} points, at most {MOST_POINTS} each way may be shown")
    return Picture(kind, text)


def _png_size(content: bytes) -> tuple[int, int] | None:
    head = HEAD.match(content)
    return (int.from_bytes(head[1]), int.from_bytes(head[2])) if head else None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """Of the three kinds of WebP: with extras, without loss, with loss."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    match content[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            sides = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (26, 28))
            return next(sides), next(sides)
    return None


def _drawing(text: str) -> Picture:
    root = _parsed(text)
    if root.tag != f"{OWN_SPACE}svg":
        raise BadPicture("is no SVG drawing")
    regions: list[str] = []
    markup = "".join(_shape(root, regions))
    if repeated := sorted({region for region in regions if regions.count(region) > 1}):
        raise BadPicture(f"names {', '.join(repeated)} twice")
    return Picture(SVG, markup, tuple(regions))


def _parsed(text: str) -> Element:
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        text = re.sub(r"<!DOCTYPE[^\[>]*>", "", text, count=1, flags=re.IGNORECASE)
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
        raise BadPicture("defines entities or holds raw text; export it as a plain SVG")
    parser = XMLParser()  # noqa: S314  # nosec B314 - nothing that could grow or be fetched came through
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        raise BadPicture(f"is no SVG that can be read: {error}") from None
    return root


def _shape(element: Element, regions: list[str]) -> Iterator[str]:
    """The element and what is in it, of shapes alone."""
    space, _, name = str(element.tag).rpartition("}")
    if f"{space}}}" != OWN_SPACE or (name in SILENT and not _draws(element)):
        return
    if name not in DRAWN_SHAPES:
        raise BadPicture(
            f"holds <{name[:20]}>; draw with {', '.join(DRAWN_SHAPES[1:])} alone, and say words as answers"
        )
    said = {**element.attrib, **_styled(element.get("style", ""))}
    kept = {key: _plain(key, said[key]) for key in (*FORM_ATTRIBUTES, *COLOURS) if key in said}
    if name == "svg":
        kept = {"viewBox": _frame(element)} | {key: value for key, value in kept.items() if key in COLOURS}
    region = element.get("id", "")
    if REGION.fullmatch(region):
        regions.append(region)
        kept["data-region"] = region
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in kept.items())
    yield f"<{name}{attributes}>"
    for child in element:
        yield from _shape(child, regions)
    yield f"</{name}>"


def _draws(element: Element) -> bool:
    """Whether what is left out would have been seen."""
    within = [str(child.tag).rpartition("}")[2] for child in element.iter() if child is not element]
    return any(name in (*DRAWN_SHAPES, "linearGradient", "radialGradient", "pattern") for name in within)


def _styled(style: str) -> dict[str, str]:
    """What drawing programs write as `style="fill:none;stroke:#000"`."""
    pairs = (part.partition(":") for part in style.split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip() in COLOURS}


def _plain(key: str, value: str) -> str:
    if not PLAIN.fullmatch(value) or "url" in value.lower():
        raise BadPicture(f"has a {key} of {ascii(value)[:40]}; give it a plain form or colour")
    return value


def _frame(svg: Element) -> str:
    """What the drawing shows of its plane."""
    frame = svg.get("viewBox") or f"0 0 {_points(svg, 'width')} {_points(svg, 'height')}"
    if not re.fullmatch(r"(-?[\d.]+[\s,]+){2}[\d.]+[\s,]+[\d.]+", frame, re.ASCII):
        raise BadPicture('has no viewBox; say what it shows, such as viewBox="0 0 200 400"')
    return frame


def _points(svg: Element, side: str) -> str:
    return svg.get(side, "").removesuffix("px")
