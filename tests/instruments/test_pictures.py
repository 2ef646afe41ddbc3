"""Pictures of a questionnaire: kept within bounds, and a drawing comes out as shapes and plain colours alone."""

import base64
import struct
from pathlib import Path

import pytest

from app.instruments.pictures import LARGEST_PICTURE, BadPicture, read_picture, text_of

SPACE = 'xmlns="http://www.w3.org/2000/svg"'


def drawing(inside: str, head: str = 'viewBox="0 0 10 10"') -> str:
    return f"<svg {SPACE} {head}>{inside}</svg>"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\x00\x00\x00"


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + bytes(4) + b"WEBP" + kind + body.ljust(40, b"\0")


EXTRAS = webp(b"VP8X", bytes(8) + (99).to_bytes(3, "little") + (49).to_bytes(3, "little"))
WITHOUT_LOSS = webp(b"VP8L", bytes(4) + b"\x2f" + (99 | 49 << 14).to_bytes(4, "little"))
WITH_LOSS = webp(b"VP8 ", bytes(4) + bytes(6) + (100).to_bytes(2, "little") + (50).to_bytes(2, "little"))


@pytest.mark.parametrize(
    ("inside", "markup"),
    [
        ('<circle cx="1" cy="2" r="3"/>', '<circle cx="1" cy="2" r="3"></circle>'),
        ('<path d="M0 0L1 1z" style="fill:#ff0000;stroke-width:2;font-size:9"/>',
         '<path d="M0 0L1 1z" fill="#ff0000" stroke-width="2"></path>'),
        ('<path d="M0 0" onclick="alert(1)" class="a" href="#x"/>', '<path d="M0 0"></path>'),
        ('<g id="left_knee"><path d="M0 0"/></g>', '<g data-region="left_knee"><path d="M0 0"></path></g>'),
        ('<path id="Path 12" d="M0 0"/>', '<path d="M0 0"></path>'),
        ("<title>A knee</title><desc>Made by hand</desc><metadata/><defs/>", ""),
        ('<style>.a { fill: red }</style>', ""),
        ('<x:thing xmlns:x="urn:x"><x:script/></x:thing>', ""),
        ("<!-- words -->", ""),
        ('<path d="M0 0" transform="rotate(45 1,1)"/>', '<path d="M0 0" transform="rotate(45 1,1)"></path>'),
        ('<path d="M0 0" fill="none" stroke="rgb(1, 2, 3)"/>',
         '<path d="M0 0" fill="none" stroke="rgb(1, 2, 3)"></path>'),
    ],
)  # fmt: skip
def test_a_drawing_comes_out_as_shapes_alone(inside: str, markup: str) -> None:
    assert read_picture("a.svg", drawing(inside)).content == f'<svg viewBox="0 0 10 10">{markup}</svg>'


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ("<script>alert(1)</script>", "holds <script>; draw with g, path"),
        ('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>', "holds <foreignObject>"),
        ('<image href="https://x/y.png"/>', "holds <image>"),
        ('<use href="#a"/>', "holds <use>"),
        ("<text>Knee</text>", "holds <text>; draw with"),
        ('<a href="javascript:alert(1)"><path d="M0 0"/></a>', "holds <a>"),
        ('<animate attributeName="x"/>', "holds <animate>"),
        ('<defs><linearGradient id="g"/></defs>', "holds <defs>"),
        ('<path d="M0 0" fill="url(#g)"/>', "has a fill of 'url(#g)'; give it a plain form or colour"),
        ('<path d="M0 0" style="fill:URL(https://x)"/>', "has a fill of 'URL(https://x)'"),
        ('<path d="M0 0&quot; onload=&quot;x"/>', "has a d of "),
        ('<path id="knee" d="M0 0"/><path id="knee" d="M1 1"/>', "names knee twice"),
        ("<path", "is no SVG that can be read"),
        ("<![CDATA[x]]>", "defines entities or holds raw text"),
    ],
)
def test_what_is_no_shape_is_refused_by_name(inside: str, problem: str) -> None:
    with pytest.raises(BadPicture) as error:
        read_picture("a.svg", drawing(inside))
    assert str(error.value).startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + drawing("&a;"), "defines entities"),
        ('<!DOCTYPE svg [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>' + drawing(""), "defines entities"),
        ("<html></html>", "is no SVG drawing"),
        ("<svg></svg>", "is no SVG drawing"),
        (drawing("", head=""), "has no viewBox"),
        (drawing("", head='viewBox="0 0 10"'), "has no viewBox"),
        (drawing("", head='width="100%" height="100%"'), "has no viewBox"),
        (drawing(f'<path d="{"M0 0" * 8000}"/>'), "has 32,0"),
    ],
)
def test_what_is_no_plain_drawing_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadPicture) as error:
        read_picture("a.svg", text)
    assert str(error.value).startswith(problem)


def test_a_drawing_as_programs_write_it_is_taken() -> None:
    text = (
        '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">\n'
        f'<svg {SPACE} width="20px" height="10px" version="1.1"><path d="M0 0"/></svg>'
    )
    assert read_picture("a.svg", text).content == '<svg viewBox="0 0 20 10"><path d="M0 0"></path></svg>'


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.png", png(100, 50), None),
        ("a.png", png(2000, 1), None),
        ("a.png", png(2001, 1), "is 2001 x 1 points, at most 2000"),
        ("a.png", png(1, 30_000), "is 1 x 30000 points"),
        ("a.png", b"GIF89a", "is no PNG file, whatever it is called"),
        ("a.png", EXTRAS, "is no PNG file"),
        ("a.png", png(1, 1).ljust(LARGEST_PICTURE, b"x"), None),
        ("a.png", png(1, 1).ljust(LARGEST_PICTURE + 1, b"x"), "has 30,001 bytes, at most 30,000"),
        ("a.webp", EXTRAS, None),
        ("a.webp", WITHOUT_LOSS, None),
        ("a.webp", WITH_LOSS, None),
        ("a.webp", webp(b"VP8X", bytes(8) + b"\xff" * 6), "is 16777216 x 16777216 points"),
        ("a.webp", webp(b"VP9 ", b""), "is no WEBP file"),
        ("a.webp", png(1, 1), "is no WEBP file"),
        ("A.png", png(1, 1), "call it by small letters"),
        ("../a.png", png(1, 1), "call it by small letters"),
        ("a.jpg", png(1, 1), "call it by small letters"),
    ],
    ids=range(17),
)
def test_a_picture_of_points_is_what_it_is_called_and_small(name: str, content: bytes, problem: str | None) -> None:
    text = text_of(name, content)
    if problem is None:
        address = read_picture(name, text).uri
        assert address == f"data:image/{name[2:]};base64,{base64.b64encode(content).decode()}"
        return
    with pytest.raises(BadPicture) as error:
        read_picture(name, text)
    assert str(error.value).startswith(problem)


def test_a_drawing_stands_in_a_page_as_a_whole_picture() -> None:
    address = read_picture("a.svg", drawing('<path d="M0 0"/>')).uri
    kind, _, coded = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(coded).decode() == drawing('<path d="M0 0"></path>')


def test_the_files_of_a_folder_keep_a_picture_byte_for_byte(tmp_path: Path) -> None:
    from app.instruments.folders import files_of
    from tests.questionnaires import STEPS, written

    folder = written(STEPS, tmp_path / "steps")
    (folder / "images").mkdir()
    (folder / "images" / "a.png").write_bytes(png(3, 3))
    (folder / "images" / "notes.txt").write_text("not looked at", "utf-8")
    files = files_of(folder)
    assert base64.b64decode(files["images/a.png"]) == png(3, 3)
    assert sorted(files.keys() - STEPS.keys()) == ["images/a.png"]
