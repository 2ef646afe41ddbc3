"""The house style of the figures: sizes in millimetres, arms told apart by marker, line and colour."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, LINE, PAPER = "#1b2733", "#4d5b68", "#c5ced6", "#ffffff"
ACCENT, CARE = "#0b5d5e", "#8a5a00"
LETTERS = 0.76
"""How many letters of the caption a millimetre holds."""
DOUBLE = 183.0
"""Width of a journal's two columns, in mm."""

FIGURE_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "svar",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
}


@dataclass(frozen=True)
class Look:
    """How one arm is drawn."""

    colour: str
    marker: str
    fill: str
    line: str


ACTIVE = Look(ACCENT, "o", ACCENT, "-")
REFERENCE_LOOK = Look(CARE, "s", PAPER, "--")


MORE = (Look("#6a3d9a", "^", PAPER, "-."), Look("#1f4e9c", "D", PAPER, ":"), Look("#a3122a", "v", PAPER, "-"))


def looks(arms: int) -> list[Look]:
    """How so many arms are drawn, the reference last; told apart by marker and line, also without colour."""
    if arms == 1:
        return [ACTIVE]
    between = [MORE[place % len(MORE)] for place in range(arms - 2)]
    return [ACTIVE, *between, REFERENCE_LOOK]


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own defaults with ours on top, whatever the machine's settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(FIGURE_SETTINGS)  # type: ignore[arg-type]  # its keys are a closed list of names
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in mm."""
    return Figure(figsize=(width / 25.4, height / 25.4))


def svg_bytes(figure: Figure) -> bytes:
    """The figure as SVG with text as text, without a date."""
    target = BytesIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return target.getvalue()


def caption_below(figure: Figure, text: str) -> None:
    """A line at the foot of the picture: its direction, or that it is blind; broken where the picture ends."""
    letters = int(figure.get_figwidth() * 25.4 * LETTERS)
    text = "\n".join(fill(line, letters) for line in text.splitlines())
    figure.text(0.012, 0.012, text, ha="left", va="bottom", color=QUIET, fontsize=7)


def reach(values: Iterable[float], most: float = 4.0) -> float:
    """How far an axis must go: to the farthest finite value, but not beyond `most` times the middle one."""
    sizes = sorted(abs(value) for value in values if math.isfinite(value))
    if not sizes or sizes[-1] == 0:
        return 1.0
    return min(sizes[-1], most * sizes[len(sizes) // 2] or sizes[-1])


def quiet_grid(axes: Axes) -> None:
    """Thin lines behind the data."""
    axes.grid(axis="y", color=LINE, linewidth=0.4)
    axes.set_axisbelow(True)
