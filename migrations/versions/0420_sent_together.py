"""What one participant is asked at the same time may go into one text: its other messages share what becomes of it."""

import sqlalchemy as sa
from alembic import op

revision = "0420"
down_revision = "0410"
branch_labels = None
depends_on = None

NEW = "its column is new and holds nothing that would have to be looked up"
LOCKS = {"constraint-missing-not-valid": NEW, "adding-foreign-key-constraint": NEW}

FOLLOWING = """
CREATE FUNCTION public.follow_text() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  UPDATE public.messages m SET
    state = CASE WHEN lost.again THEN 'failed' ELSE NEW.state END,
    reason = CASE WHEN lost.again THEN 'no trace at the provider' ELSE NEW.reason END,
    settled_at = CASE WHEN lost.again THEN NEW.not_before ELSE NEW.settled_at END,
    sent_with_id = CASE WHEN NEW.state <> 'queued' THEN NEW.id END,
    possible_duplicate = m.possible_duplicate OR (OLD.state = 'unknown' AND NEW.state = 'queued' AND NOT lost.again),
    lease_until = NEW.lease_until, not_before = NEW.not_before, sent_at = NEW.sent_at, error_code = NEW.error_code,
    channel = NEW.channel, contact_version = NEW.contact_version
  FROM (
    SELECT c.id, OLD.state = 'unknown' AND NEW.state = 'queued' AND c.kind <> 'invitation' AS again
    FROM public.messages c WHERE c.sent_with_id = NEW.id
  ) lost
  WHERE m.id = lost.id;
  RETURN NULL;
END $$"""
"""A text that did not leave after all releases what went with it; of one that is lost, only invitations are sent again."""
TRIGGER = """
CREATE TRIGGER follow_text AFTER UPDATE ON public.messages FOR EACH ROW
WHEN (OLD.state <> 'queued' AND NEW.sent_with_id IS NULL AND OLD.sent_with_id IS NULL)
EXECUTE FUNCTION public.follow_text()"""


def upgrade() -> None:
    op.add_column("messages", sa.Column("sent_with_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_messages_sent_with_id_messages"), "messages", "messages", ["sent_with_id"], ["id"]
    )
    op.execute(FOLLOWING)
    op.execute(TRIGGER)
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_messages_sent_with", "messages", ["sent_with_id"], postgresql_concurrently=True, if_not_exists=True,
            postgresql_where=sa.text("sent_with_id IS NOT NULL"),
        )  # fmt: skip


def downgrade() -> None:
    op.execute("DROP TRIGGER follow_text ON public.messages")
    op.execute("DROP FUNCTION public.follow_text()")
    op.drop_index("ix_messages_sent_with", "messages")
    op.drop_constraint("fk_messages_sent_with_id_messages", "messages")
    op.drop_column("messages", "sent_with_id")
