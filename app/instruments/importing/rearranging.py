"""What can be said of a questionnaire on its way in only when its questions are there: tables, and answers in texts."""

import re
from functools import partial
from typing import Any

from app.instruments.importing.drafting import QuestionnaireDraft

LEFT_OPEN = "…"


def as_matrix(draft: QuestionnaireDraft, group: str, where: str) -> None:
    """Ask the items of a group on one screen, where all are choices of the same answers in the same words."""
    items = [item for item in draft.items if item.get("group") == group]
    if (
        len(items) < 2
        or items[0]["type"] != "choice"
        or any(_row(draft, item) != _row(draft, items[0]) for item in items)
    ):
        draft.lose(where, f"the table {group} has not one row of answers for all: its questions are asked one by one")
        return
    draft.groups[group]["layout"] = "matrix"
    draft.scales[group] = items[0]["options"]
    for words in draft.words.values():
        words.setdefault("scales", {})[group] = words["items"][items[0]["code"]]["options"]
    for item in items:
        del item["options"]
        item["scale"] = group
        for words in draft.words.values():
            del words["items"][item["code"]]["options"]


def _row(draft: QuestionnaireDraft, item: dict[str, Any]) -> tuple[object, ...]:
    """What must be alike of the items of a matrix."""
    words = [each.get("items", {}).get(item["code"], {}).get("options") for each in draft.words.values()]
    return item["type"], item.get("options"), item.get("when"), words


def show_answers(draft: QuestionnaireDraft, items: dict[str, str], pipe: re.Pattern[str]) -> None:
    """Let a text show the answer of an earlier item, where the sheet lets it show one; `items` are codes by name."""
    kinds = {item["code"]: item["type"] for item in draft.items}
    codes = list(kinds)
    for language, words in draft.words.items():
        for code, texts in words.get("items", {}).items():
            earlier = {name: each for name, each in items.items() if each in codes[: codes.index(code)]}
            if kinds[code] == "ticks" or "scale" in next(item for item in draft.items if item["code"] == code):
                earlier = {}
            names = list(dict.fromkeys(pipe.findall(texts["text"])))
            texts["text"] = pipe.sub(partial(_shown, earlier), texts["text"])
            for name in names:
                _note(draft, f"{language}, {code}", name, earlier.get(name))
                if name in earlier:
                    words["items"][earlier[name]].setdefault("unanswered", LEFT_OPEN)


def _shown(items: dict[str, str], read: re.Match[str]) -> str:
    item = items.get(read[1])
    return f"${{{item}}}" if item else LEFT_OPEN


def _note(draft: QuestionnaireDraft, where: str, name: str, item: str | None) -> None:
    if item:
        draft.lose(where, f"shows the answer of {item}: write what stands there without one (`unanswered`)")
    else:
        draft.lose(where, f"shows {name}, which cannot be shown there: mend its text")
