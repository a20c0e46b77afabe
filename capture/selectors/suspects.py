"""Why an answer was set aside, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from capture.models import Form, Submission

REASONS: dict[str, str | Promise] = {
    "honeypot": gettext_lazy("Hidden field filled in"),
    "too_fast": gettext_lazy("Too fast for a person"),
    "crawler": gettext_lazy("Known crawler"),
    "disposable": gettext_lazy("Throw-away mailbox"),
    "blocked": gettext_lazy("Domain on your list"),
    "unproved": gettext_lazy("No proof of work"),
}


def reasons_of(row: Submission) -> list[str]:
    """Every reason that it was set aside for."""
    return [str(REASONS.get(key, key)) for key in row.reason.split(",") if key]


def forms_held() -> list[tuple[str, str]]:
    """The forms of which something is held; everybody who decides about it sees all forms."""
    held = Submission.objects.filter(state=Submission.State.QUARANTINED).order_by().values("form")
    rows = Form.objects.filter(pk__in=held).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows[:200]]
