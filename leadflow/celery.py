"""The Celery application. Tasks are hints: the database says what is due (ADR 0003)."""

import gc
import os
from typing import Any

from billiard import pool
from celery import Celery
from celery.signals import worker_init

# A child that leaves waits for its parent to read what it said, half a minute by default. A parent told
# to stop in the instant in which a child took up a message forgets that message and never reads; three
# seconds are enough for one that does read.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 30  # times 0.1 seconds

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")

app = Celery("leadflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def spare_what_is_loaded(**_more: Any) -> None:
    """All tasks are loaded now and stay; looking through them for what may go costs 0.1 s each time, in a
    batch that makes thousands of objects a third of its work."""
    gc.freeze()


worker_init.connect(spare_what_is_loaded, weak=False)
