"""What Alembic compares: everything of ours."""


def include_object(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Everything but Alembic's own table."""
    return not (kind == "table" and name == "alembic_version")
