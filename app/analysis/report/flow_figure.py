"""The flow of participants as boxes and arrows."""

from collections.abc import Sequence
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from app.analysis.report.flow import ArmFlow, Flow
from app.analysis.report.style import DOUBLE, INK, PAPER, caption_below, new_figure
from app.analysis.trial.plan import inside

CENTRE = DOUBLE / 2
SPAN = 94.0
"""Between the centres of the outer boxes of two arms; of more, the page is shared."""
LINE_HEIGHT = 3.9
PADDING = 2.6
GAP = 6.5
HEAD_HEIGHT = LINE_HEIGHT + 2 * PADDING
SIDE_HEIGHT = HEAD_HEIGHT
FOOT = 8.0


def flow_figure(flow: Flow, note: str) -> Figure:
    """Millimetres are the units of the drawing; the height follows the text."""
    centres, width = columns(len(flow.arms))
    letters = int(46 * width / 78)
    stages = [
        [_allocated(arm, flow, letters) for arm in flow.arms],
        [_followed(arm, flow, letters) for arm in flow.arms],
    ]
    stages.append([_analysed(arm, letters) for arm in flow.arms])
    heights = [max(map(_height, stage)) for stage in stages]
    side = SIDE_HEIGHT if flow.not_randomised else 0.0
    total = 2 * HEAD_HEIGHT + side + sum(heights) + GAP * (len(heights) + 2.6) + FOOT
    figure = new_figure(DOUBLE, total)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, DOUBLE), ylim=(0, total))
    axes.set_axis_off()
    top = _head(axes, flow, total - 2.0, side, centres, width)
    for stage, height in zip(stages, heights, strict=True):
        for column, lines in zip(centres, stage, strict=True):
            _box(axes, column, top, lines, width, height)
            if stage is not stages[-1]:
                _arrow(axes, (column, top - height), (column, top - height - GAP))
        top -= height + GAP
    caption_below(figure, note)
    return figure


def columns(arms: int) -> tuple[list[float], float]:
    """The centres of the arms' boxes, and their width, in mm."""
    if arms <= 2:
        return ([CENTRE] if arms == 1 else [CENTRE - SPAN / 2, CENTRE + SPAN / 2]), 78.0
    share = DOUBLE / arms
    return [share * (place + 0.5) for place in range(arms)], share - 4


def _head(axes: Axes, flow: Flow, top: float, side: float, centres: list[float], width: float) -> float:
    """Enrolment and randomisation, and beside the arrow who was not randomised; returns where the arms begin."""
    _box(axes, CENTRE, top, [f"Enrolled: {flow.enrolled}"], width)
    below = top - HEAD_HEIGHT
    _arrow(axes, (CENTRE, below), (CENTRE, below - GAP - side))
    if side:
        middle = below - (GAP + side) / 2
        _arrow(axes, (CENTRE, middle), (centres[-1] - width / 2, middle))
        _box(axes, centres[-1], middle + HEAD_HEIGHT / 2, [f"Not randomised: {flow.not_randomised}"], width)
    below -= GAP + side
    said = "Randomised" if len(centres) > 1 else "Followed"
    _box(axes, CENTRE, below, [f"{said}: {flow.randomised}"], width)
    _fork(axes, below - HEAD_HEIGHT, centres)
    return below - HEAD_HEIGHT - 1.6 * GAP


def _allocated(arm: ArmFlow, flow: Flow, letters: int) -> list[str]:
    head = f"Allocated to {inside(arm.arm)}" if len(flow.arms) > 1 else arm.arm
    lines = [f"{head}: {arm.allocated}", f"With {flow.start}: {arm.began}"]
    if arm.allocated > arm.began:
        lines.append(f"Without {flow.start}: {arm.allocated - arm.began}")
        lines.extend(_reasons(arm.not_begun, letters))
    return lines


def _followed(arm: ArmFlow, flow: Flow, letters: int) -> list[str]:
    return [
        f"Answered at {flow.primary_visit}: {arm.answered_primary}",
        *([] if arm.stopped is None else [f"Treatment stopped: {arm.stopped}"]),
        f"Withdrawn from follow-up: {sum(arm.withdrawn.values())}",
        *_reasons(arm.withdrawn, letters),
    ]


def _analysed(arm: ArmFlow, letters: int) -> list[str]:
    lines = [f"Analysed: {arm.analysed}"]
    if arm.not_analysed:
        lines += [f"Not analysed: {sum(arm.not_analysed.values())}", *_reasons(arm.not_analysed, letters)]
    return lines


def _reasons(reasons: dict[str, int], letters: int) -> list[str]:
    """One indented line for each reason; a long reason is broken."""
    lines = []
    for reason, count in reasons.items():
        first, *rest = wrap(f"{reason}: {count}", letters)
        lines.extend([f"\N{EN DASH} {first}", *(f"   {more}" for more in rest)])
    return lines


def _height(lines: Sequence[str]) -> float:
    return len(lines) * LINE_HEIGHT + 2 * PADDING


def _box(
    axes: Axes, centre: float, top: float, lines: Sequence[str], width: float, height: float | None = None
) -> None:
    """A box whose text starts at its top left; the first line is what it counts."""
    tall = height or _height(lines)
    left = centre - width / 2
    axes.add_patch(Rectangle((left, top - tall), width, tall, facecolor=PAPER, edgecolor=INK, linewidth=0.7))
    for place, line in enumerate(lines):
        at = top - PADDING - (place + 0.5) * LINE_HEIGHT
        indent = 3.0 if line.startswith(("\N{EN DASH}", "   ")) else 0.0
        weight = "bold" if place == 0 else "normal"
        axes.text(left + 3 + indent, at, line.strip(), ha="left", va="center", fontsize=7.5, fontweight=weight)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 7}
    axes.annotate("", end, start, arrowprops=look)


def _fork(axes: Axes, top: float, centres: list[float]) -> None:
    """From randomisation to each arm."""
    if len(centres) == 1:
        _arrow(axes, (CENTRE, top), (CENTRE, top - GAP * 1.6))
        return
    level = top - GAP * 0.8
    axes.plot([CENTRE, CENTRE], [top, level], color=INK, linewidth=0.7)
    axes.plot([centres[0], centres[-1]], [level, level], color=INK, linewidth=0.7)
    for column in centres:
        _arrow(axes, (column, level), (column, top - GAP * 1.6))
