"""Begin and finish of a message as functions: one round trip each, planned once for a session.

`leadflow.mail.ledger` alone calls them. Both take the time anew for each statement: a lease may run out,
and an opt-out may commit, while they wait for a lock. What stops a message stands in `ledger` too, for the
claim; a test holds that both say the same.
"""

from django.db import migrations

BEGIN = """
CREATE FUNCTION mail_begin(
    p_id bigint, p_token uuid, p_norm text, p_transport text, p_message_id text, p_lease interval, p_waits boolean
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    p_no integer;
BEGIN
    -- the number of the attempt; nothing where the sender is fenced off; 0 where the address has no row,
    -- or where it would have to wait and may not
    IF p_waits THEN
        PERFORM 1 FROM leadflow_address WHERE email_norm = p_norm FOR SHARE;
    ELSE
        PERFORM 1 FROM leadflow_address WHERE email_norm = p_norm FOR SHARE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        -- for one that is no longer ours, of a person who was erased for instance, nobody makes a row
        PERFORM 1 FROM mail_delivery WHERE id = p_id AND token = p_token AND state = 'claimed';
        RETURN CASE WHEN FOUND THEN 0 END;
    END IF;
    IF NOT p_waits THEN
        PERFORM 1 FROM mail_delivery WHERE id = p_id FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN 0;
        END IF;
    END IF;
    -- a statement of its own: it sees every opt-out that committed before the address was ours
    UPDATE mail_delivery d SET state = 'sending', began_at = clock_timestamp(), tries = tries + 1,
        lease_until = clock_timestamp() + p_lease, transport = p_transport
    WHERE id = p_id AND token = p_token AND state = 'claimed' AND lease_until > clock_timestamp()
    AND cancelled_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM leadflow_suppression s WHERE s.email_hash = d.to_hash AND s.lifted_at IS NULL
        AND d.kind <> 'essential'
        AND (s.purpose = '' OR (d.kind = 'marketing' AND s.purpose = d.purpose)))
    AND NOT (d.kind = 'marketing' AND d.origin <> 'demo' AND EXISTS (
        SELECT 1 FROM mail_senderguard g WHERE g.from_address = d.from_address AND g.paused_at IS NOT NULL))
    AND NOT EXISTS (SELECT 1 FROM mail_mailhold h WHERE
        h.name IN (d.headers ->> 'X-Campaign', split_part(d.key, ':', 1) || ':' || split_part(d.key, ':', 2)))
    RETURNING tries INTO p_no;
    IF p_no IS NOT NULL THEN
        INSERT INTO mail_attempt (delivery_id, no, phase, message_id, transport, text, began_at)
        VALUES (p_id, p_no, 'begun', p_message_id, p_transport, '', clock_timestamp());
    END IF;
    RETURN p_no;
END $$;
"""
FINISH = """
CREATE FUNCTION mail_finish(
    p_id bigint, p_token uuid, p_no integer, p_code integer, p_text text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    was_news boolean;
BEGIN
    -- in the order in which a person is erased
    UPDATE mail_attempt SET phase = 'accepted', code = p_code, text = p_text, ended_at = clock_timestamp()
    WHERE delivery_id = p_id AND no = p_no;
    UPDATE mail_delivery SET state = 'sent', settled_at = clock_timestamp(),
        sent_at = CASE WHEN origin = 'demo' THEN least(due_at, clock_timestamp()) ELSE clock_timestamp() END,
        smtp_code = p_code, smtp_text = p_text, reason = '', lease_until = NULL
    WHERE id = p_id AND token = p_token AND state IN ('sending', 'uncertain');
    was_news := FOUND;
    RETURN was_news;
END $$;
"""
UNDO_BEGIN = "DROP FUNCTION mail_begin(bigint, uuid, text, text, text, interval, boolean);"
UNDO_FINISH = "DROP FUNCTION mail_finish(bigint, uuid, integer, integer, text);"


class Migration(migrations.Migration):
    dependencies = [("mail", "0021_warm_up")]

    operations = [
        migrations.RunSQL(BEGIN, UNDO_BEGIN),
        migrations.RunSQL(FINISH, UNDO_FINISH),
    ]
