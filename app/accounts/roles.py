"""Permissions, and the roles that hold them. Both are code: reviewed, versioned, the same everywhere."""

from enum import StrEnum


class Permission(StrEnum):
    """What a route may ask for. Scope (which study, which sites) comes from the membership."""

    VIEW_COMPLIANCE = "view compliance"
    VIEW_PARTICIPANT = "view participant"
    ENROL = "enrol participants"
    RECORD_EVENTS = "record events"
    REVEAL_CONTACT = "reveal contact"
    VIEW_MESSAGES = "view messages"
    MANAGE_MESSAGES = "manage messages"
    CORRECT = "request corrections"
    APPROVE = "approve corrections"
    LOCK = "sign the lock"
    DOWNLOAD_EXPORT = "download export"
    VIEW_REPORT = "view report"
    READ_AUDIT = "read audit"
    MANAGE_STUDY = "manage study"
    MANAGE_USERS = "manage users"


class Role(StrEnum):
    """Who somebody is in a study."""

    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    DATA_MANAGER = "data manager"
    STATISTICIAN = "statistician"
    MONITOR = "monitor"
    ADMINISTRATOR = "administrator"


_DAILY = {Permission.VIEW_COMPLIANCE, Permission.VIEW_PARTICIPANT, Permission.VIEW_MESSAGES}
_CONTACT = {Permission.ENROL, Permission.RECORD_EVENTS, Permission.REVEAL_CONTACT, Permission.MANAGE_MESSAGES}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.COORDINATOR: frozenset(_DAILY | _CONTACT | {Permission.CORRECT}),
    Role.INVESTIGATOR: frozenset(
        _DAILY | _CONTACT | {Permission.CORRECT, Permission.APPROVE, Permission.LOCK, Permission.READ_AUDIT}
    ),
    Role.DATA_MANAGER: frozenset(
        _DAILY
        | {
            Permission.CORRECT,
            Permission.LOCK,
            Permission.DOWNLOAD_EXPORT,
            Permission.READ_AUDIT,
            Permission.MANAGE_STUDY,
        }
    ),
    Role.STATISTICIAN: frozenset({Permission.VIEW_COMPLIANCE, Permission.DOWNLOAD_EXPORT, Permission.VIEW_REPORT}),
    Role.MONITOR: frozenset(_DAILY | {Permission.CORRECT, Permission.READ_AUDIT}),
    Role.ADMINISTRATOR: frozenset({Permission.VIEW_COMPLIANCE, Permission.MANAGE_STUDY, Permission.MANAGE_USERS}),
}
"""Pooled outcome results are for statisticians only; an administrator sees no answers and no contacts."""
