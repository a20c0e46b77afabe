"""What a person can begin from anywhere: the palette offers these beside places and records."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from leadflow.people.models import User
from leadflow.web.navigation import Item, suits, url_of

ACTIONS: list[Item] = [
    Item(_("Add a lead"), "desk:lead-new", "user-plus", "lead.add"),
    Item(_("Add a company"), "desk:company-new", "building", "company.edit"),
    Item(_("Add a to-do"), "desk:todo-new", "checkbox", "todo.edit"),
    Item(_("Add a deal"), "pipeline:new", "layout-kanban", "deal.edit"),
    Item(_("Make a form"), "capture:forms", "forms", "form.edit", dialog="lf-new-form"),
    Item(_("Plan an event"), "capture:occasion-new", "calendar-plus", "form.edit"),
    Item(_("Import a file"), "imports:new", "file-upload", "import.run"),
    Item(
        _("Make a sequence"),
        "nurturing:sequences",
        "route",
        "sequence.edit",
        dialog="lf-new-sequence",
    ),
    Item(_("Make a segment"), "segments:new", "users-group", "segment.edit"),
    Item(_("Add a routing rule"), "distribution:rule", "git-fork", "routing.edit"),
    Item(_("Enter spend"), "insights:spend-new", "coin", "spend.edit"),
    Item(_("Invite somebody"), "console:invite", "user-plus", "people.edit"),
]
PREFIX = ">"


def actions_of(user: User, words: str) -> Iterator[Item]:
    """Those that her role permits and whose label holds each of the words."""
    wanted = words.removeprefix(PREFIX).casefold().split()
    for action in ACTIONS:
        url = url_of(action.url_name)
        label = str(action.label)
        if url and suits(user, action) and all(word in label.casefold() for word in wanted):
            yield replace(
                action, label=label, url=f"{url}#{action.dialog}" if action.dialog else url
            )
