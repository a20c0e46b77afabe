"""When runs begin: woken by a commit, and swept."""

from celery import shared_task

from leadflow.runs import children, leasing, schedules, working


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def wake() -> None:
    """Begin what waits and take up what fell silent: heavy runs in children, the others here."""
    while run := leasing.claim(heavy=True):
        children.spawn(run)
    while run := leasing.claim(heavy=False):
        working.execute(run)


@shared_task(time_limit=120)  # type: ignore[untyped-decorator]
def tick() -> None:
    """Fire the schedules that are due, then do what `wake` does."""
    schedules.fire_due()
    wake()
