"""Whether a questionnaire and the pictures of its folder fit each other."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from app.instruments.model import Instrument, Layout
from app.instruments.pictures import LARGEST_PICTURES, SVG, BadPicture, Picture, read_picture

PICTURES = "images"


def pictures_of(files: Mapping[str, str], problems: list[str]) -> dict[str, Picture]:
    """The pictures of a folder by the name of their file; what is wrong with them is added to the problems."""
    pictures = {}
    for path, text in files.items():
        try:
            pictures[PurePosixPath(path).name] = read_picture(PurePosixPath(path).name, text)
        except BadPicture as bad:
            problems.append(f"{path}: {bad}")
    if (together := sum(map(len, files.values()))) > LARGEST_PICTURES:
        problems.append(f"{PICTURES}/: its pictures have {together:,} bytes, at most {LARGEST_PICTURES:,} may be shown")
    return pictures


def shown_pictures(bare: Instrument) -> set[str]:
    """The names of the pictures that the questionnaire shows."""
    of_items = {name for item in bare.items for _, name in item.pictures}
    return of_items | {group.picture for group in bare.groups if group.picture}


def picture_problems(bare: Instrument, pictures: Mapping[str, Picture]) -> Iterator[str]:
    """Pictures that are shown and are not there, and body maps without the regions of their answers."""
    missing = sorted(shown_pictures(bare) - pictures.keys())
    yield from (f"{PICTURES}/{name}: is shown by the definition, and is not in the folder" for name in missing)
    for group in bare.groups:
        drawing = pictures.get(group.picture or "")
        if group.layout is not Layout.BODY_MAP or drawing is None:
            continue
        if drawing.kind != SVG:
            yield f"group {group.code}: a body map is an SVG drawing; {group.picture} is none"
            continue
        wanted = [item.code for item in bare.in_group(group.code) if not item.exclusive]
        absent = [code for code in wanted if code not in drawing.regions]
        yield from (f'{PICTURES}/{group.picture}: no shape has id="{code}"' for code in absent)
