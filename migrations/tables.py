"""Every module that maps tables, so that the metadata are whole."""

from importlib import import_module

PACKAGES = (
    "accounts",
    "studies",
    "participants",
    "schedule",
    "messages",
    "responses",
    "exports",
    "hooks",
    "alerting",
    "ending",
)


def import_models() -> None:
    """Import every `models.py`."""
    import_module("app.core.audit")
    import_module("app.core.incarnation")
    import_module("app.core.key_marks")
    import_module("app.core.sealing")
    for package in PACKAGES:
        import_module(f"app.{package}.models")
