"""What an address asks of a list that the list does not know: it narrows nothing, so it is told."""

from collections.abc import Collection, Mapping


def not_known(sent: Mapping[str, str], choices: Mapping[str, Collection[str]], free: Collection[str]) -> list[str]:
    """Each as it stands in the address. A filter among the `choices` takes one of those; a `free` one anything."""
    return [
        f"{name}={value}"
        for name, value in sent.items()
        if value and name not in free and value not in choices.get(name, ())
    ]
