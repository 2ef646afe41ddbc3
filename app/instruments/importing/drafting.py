"""What an import gathers of one questionnaire, and the files that it becomes."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

LONGEST_CODE = 32
LARGEST_NUMBER = 9999
"""The greatest number of an item whose sheet names none."""
LICENCE = {
    "holder": "To be named",
    "terms": "Imported. Say whose questionnaire this is, and on which terms it may be used.",
    "languages": {},
    "other": {"original_required": False, "note": "Say whose words these are."},
}


class QuestionnaireDraft:
    """A questionnaire on its way in; `words` by language and place, `unmapped` what was lost or changed."""

    def __init__(self, code: str, form: str = "") -> None:
        self.code, self.form = code, form or code
        self.items: list[dict[str, Any]] = []
        self.scales: dict[str, list[int]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.words: dict[str, dict[str, Any]] = {}
        self.unmapped: list[str] = []

    def lose(self, where: str, why: str) -> None:
        """Note what does not come along."""
        self.unmapped.append(f"{where}: {why}")

    def say(self, language: str, text: str, *path: str) -> None:
        """Put a text at its place; what is empty there is said by the name of its place."""
        place = self.words.setdefault(language, {})
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = plain_text(text) or path[-2 if path[-1] == "text" else -1]

    def files(self, version: str, source: str) -> dict[str, str]:
        """The folder's files."""
        definition: dict[str, Any] = {"code": self.code, "version": version}
        used = {item["group"] for item in self.items if "group" in item}
        if self.scales:
            definition["scales"] = self.scales
        if used:
            definition["groups"] = [group for code, group in self.groups.items() if code in used]
        definition |= {"items": self.items, "licence": LICENCE}
        files = {"definition.yaml": dumped(definition)}
        for language, words in self.words.items():
            spoken = {**words, "groups": {code: text for code, text in words.get("groups", {}).items() if code in used}}
            kept = {name: value for name, value in spoken.items() if value != {}}
            heading = {"language": language, "version": version, "demonstration": False, "source": source}
            files[f"wordings/{language}.yaml"] = dumped(heading | kept)
        return files


def dumped(content: object) -> str:
    """As our reader reads it: text that could be something else stands in quotes."""
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)


def code_of(name: str, taken: set[str]) -> str:
    """A code made of another system's name, different from those that are taken."""
    code = re.sub(r"[^a-z0-9_]+", "_", name.strip().lower()).strip("_")
    code = code if re.match(r"[a-z]", code) else f"q_{code}".rstrip("_")
    code, number = code[:LONGEST_CODE], 1
    while code in taken:
        number += 1
        code = f"{code[: LONGEST_CODE - len(str(number)) - 1]}_{number}"
    taken.add(code)
    return code


def plain_text(text: str) -> str:
    """Without the markup and the doubled spaces of a sheet."""
    without = re.sub(r"<br\s*/?>", "\n", text, flags=re.IGNORECASE)
    without = re.sub(r"<[^<>]{1,200}>", "", without)
    return "\n".join(" ".join(line.split()) for line in without.splitlines()).strip()


def whole(text: str) -> int | None:
    """A whole number in a cell."""
    return int(float(text)) if re.fullmatch(r"-?\d{1,9}(\.0+)?", text.strip()) else None


PART = re.compile(r"""^\(*\s*(?P<name>[\w().]+)\s*(?P<sign><=|>=|!=|<>|=|<|>)\s*["']?(?P<value>[^"'()]*)["']?\s*\)*$""")
SIGNS = {"=": ("equals", 0), ">": ("above", 0), "<": ("below", 0), ">=": ("above", -1), "<=": ("below", 1)}


def condition(
    logic: str, codes: dict[tuple[str, str], tuple[str, int]], items: dict[str, str]
) -> dict[str, Any] | None:
    """A branching rule of `name = 'value'`, joined by `and` or by `or`; None where it says more than that.

    `codes` gives item and code of a chosen answer (`name`, `value`), `items` the item of a name that has a number.
    """
    words = re.split(r"\s+(and|or)\s+", logic.strip(), flags=re.IGNORECASE)
    joints = {word.lower() for word in words[1::2]}
    parts = [_part(word, codes, items) for word in words[::2]]
    if len(joints) > 1 or any(part is None for part in parts):
        return None
    flat = [part for part in parts if part is not None]
    return flat[0] if len(flat) == 1 else {"any" if joints == {"or"} else "all": flat}


def _part(word: str, codes: dict[tuple[str, str], tuple[str, int]], items: dict[str, str]) -> dict[str, Any] | None:
    read = PART.match(word.strip())
    if read is None:
        return None
    name, sign, value = read["name"], read["sign"].replace("<>", "!="), read["value"].strip()
    if (name, value) in codes and sign == "=":
        item, code = codes[name, value]
        return {"item": item, "equals": code}
    number = codes[name, value][1] if (name, value) in codes else whole(value)
    if name not in items or number is None or sign not in SIGNS:
        return None
    bound, step = SIGNS[sign]
    return {"item": items[name], bound: number + step}


def listed(draft: QuestionnaireDraft) -> Iterator[str]:
    """What a person must look at."""
    yield from draft.unmapped
    yield f"{draft.code}: name the holder and the terms of its licence, and write its scores and example vectors"
