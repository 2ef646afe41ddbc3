"""Which forms of the desk carry what they showed, and why the others need not."""

CARRY = {
    "/desk/<study>/participants/<code>/" + rest
    for rest in (
        "events/", "phone", "email", "consents", "identity/", "randomisation", "leaving", "leaving/undo", "texts/",
        "record", "pause/", "pause/end", "visits/<visit>/not-done", "visits/<visit>/not-done/back",
    )
} | {
    "/desk/<study>/study/sites/<site>/",
    "/desk/<study>/study/versions/<version>/sites/<site>",
    "/desk/<study>/participants/<code>/sign-off",
    "/desk/<study>/study/lock",
    "/desk/<study>/people/<int:user_id>/roles",
    "/desk/<study>/people/<int:user_id>/second-factor",
    "/desk/<study>/people/<int:user_id>/identity",
}  # fmt: skip
"""Forms that put one stored value in the place of another, or sign what is stored: they carry what they showed."""
ADDS = "adds a row, and takes no other's place"
NONE_TWICE = "adds a row, and none that was just added"
LOOKS = "only looks; what was looked at is on the record"
ONCE = "happens once: the second is told that it has, by whom"
VISIT = "/desk/<study>/participants/<code>/visits/<visit>/"
OTHERS = {
    "/desk/<study>/corrections/<int:correction_id>/closing": ONCE,
    "/desk/<study>/corrections/<int:correction_id>/signing": ONCE,
    "/desk/<study>/corrections/responses/<int:response_id>": ADDS,
    "/desk/<study>/find/": LOOKS,
    "/desk/<study>/many/file": LOOKS,
    "/desk/<study>/many/note": NONE_TWICE,
    "/desk/<study>/many/reminder": "brings forward what has not left; what waits or left is refused",
    "/desk/<study>/messages/upcoming": ONCE,
    "/desk/<study>/participants/<code>/contact/": LOOKS,
    "/desk/<study>/participants/<code>/contact/calls": NONE_TWICE,
    "/desk/<study>/participants/<code>/leaving/<int:leaving_id>/undo": ONCE,
    "/desk/<study>/participants/<code>/undo": ONCE,
    "/desk/<study>/participants/<code>/visits/": ADDS,
    f"{VISIT}entry/": ONCE,
    f"{VISIT}entry/again": ONCE,
    f"{VISIT}entry/differences": ONCE,
    f"{VISIT}entry/second": ONCE,
    f"{VISIT}not-done/<int:note_id>/undo": ONCE,
    f"{VISIT}tablet": LOOKS,
    "/desk/<study>/participants/<code>/withdrawal": ONCE,
    "/desk/<study>/participants/new": ADDS,
    "/desk/<study>/participants/upload/": "only looks; the list that was checked is kept for her alone",
    "/desk/<study>/participants/upload/enrolment": ONCE,
    "/desk/<study>/people/invitations": ADDS,
    "/desk/<study>/people/invitations/<int:invitation_id>/withdrawal": ONCE,
    "/desk/<study>/people/tokens/<int:token_id>/revocation": ONCE,
    "/desk/<study>/questionnaires/<instrument>": LOOKS,
    "/desk/<study>/questionnaires/bench": LOOKS,
    "/desk/<study>/study/practice/": ADDS,
    "/desk/<study>/study/webhooks/<int:hook_id>": ONCE,
    "/desk/<study>/study/webhooks/<int:hook_id>/deliveries/<int:delivery_id>": ONCE,
    "/desk/<study>/study/unlock": ONCE,
    "/desk/<study>/today/<code>/notes": NONE_TWICE,
    "/desk/<study>/today/<code>/owner": "is a name that stands there: taken over openly, and let go by her alone",
    "/desk/<study>/today/strangers/<int:stranger_id>": ONCE,
    "/desk/<study>/today/strangers/<int:stranger_id>/texts": LOOKS,
    "/desk/<study>/today/tasks/<int:task_id>": ONCE,
    "/desk/<study>/today/tasks/<int:task_id>/texts": LOOKS,
    "/desk/<study>/views/": ADDS,
    "/desk/<study>/views/<int:view_id>": "is a name of her own view, which nobody else sees",
}
