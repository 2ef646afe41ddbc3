"""Our YAML: numbers with a point become exact decimals, and a key that comes twice is an error.

`yes`, `no` and `NO` (Norway) are words; only `true` and `false` are truth values.
"""

from collections.abc import Hashable
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # the same, ten times faster, where PyYAML was built with it
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

BOOLEAN = "tag:yaml.org,2002:bool"


class _ExactLoader(SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN or first in "tf"]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }


def _decimal(loader: SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


def _mapping(loader: SafeLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    pairs = [(loader.construct_object(key), loader.construct_object(value, deep=True)) for key, value in node.value]
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise yaml.constructor.ConstructorError(None, None, "a key comes twice in this mapping", node.start_mark)
    return mapping


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
_ExactLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def load_yaml(path: Path) -> Any:
    """The content of one data file."""
    return yaml.load(path.read_text(encoding="utf-8"), _ExactLoader)  # noqa: S506 - a safe loader, see above
