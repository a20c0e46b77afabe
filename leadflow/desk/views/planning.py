"""One to-do that is planned for many records at once, as the dialogs of the lists ask for it."""

from django.utils.translation import gettext as _

from leadflow.desk.queue import outcomes
from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.models import Activity
from leadflow.services import todos
from leadflow.web.htmx import HtmxHttpRequest


def planned_for_many(request: HtmxHttpRequest) -> todos.Plan:
    """What was written, and until when. Raises Invalid where either is missing."""
    subject, until = request.POST.get("subject", "").strip(), request.POST.get("until", "")
    due = outcomes.later(request.user, clock.now()).get(until)
    if not subject or due is None:
        raise Invalid(_("Write what is to be done, and choose when."))
    return todos.Plan(kind=Activity.Kind.TODO, subject=subject[:200], due_at=due)
