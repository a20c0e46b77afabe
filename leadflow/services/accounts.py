"""The scores of target companies, kept day by day so that a rise or a fall can be seen."""

from datetime import date, timedelta

from django.db import connection, transaction
from django.utils.timezone import localdate

from leadflow.kit import clock
from leadflow.models import AccountScore

KEPT = timedelta(days=400)  # a year back, and a month to compare with

# As `models.accounts.account_score` says it, for every target company at once.
_TODAY = """
INSERT INTO leadflow_accountscore (company_id, "on", score)
SELECT c.id, %s, COALESCE(SUM(s.engagement) + MAX(s.fit), 0)
FROM leadflow_company c
LEFT JOIN leadflow_lead l
  ON l.company_id = c.id AND l.deleted_at IS NULL AND l.merged_into_id IS NULL
LEFT JOIN leadflow_leadscore s ON s.lead_id = l.id
WHERE c.tier <> '' AND c.deleted_at IS NULL AND c.merged_into_id IS NULL
GROUP BY c.id
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def keep_scores(*, on: date | None = None) -> int:
    """Keep what each target company scores today, once a day; returns how many are new.

    What is older than `KEPT` goes.
    """
    on = on or localdate(clock.now())
    AccountScore.objects.filter(on__lt=on - KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, [on])
        return int(cursor.rowcount)
