"""What is done about a fault for all of its leads at once: each remedy says for how many before it is used."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leadflow.desk.forms import CountryForm, OwnerForm, SequenceForm, SourceForm, TagForm
from leadflow.desk.quality import Found
from leadflow.people.access import allowed, within
from leadflow.people.models import User

AT_ONCE = 5_000  # as many as one act of the list changes
IN_A_SEQUENCE = 500  # who enters a sequence by hand is named one by one


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """A way to put leads right: the door that does it, who may use it, and what it asks."""

    key: str
    title: str | Promise
    verb: str | Promise
    door: str  # URL name
    permission: str
    form: Callable[[User], forms.Form] | None = None
    most: int = AT_ONCE
    icon: str = "check"
    is_named: bool = False  # the door takes the ids of rows, and no "all of them"


REMEDIES: Mapping[str, Remedy] = {
    one.key: one
    for one in (
        Remedy(key="source", title=_("Say where they came from"), verb=_("Set the source"), icon="map-pin",
               door="desk:bulk-source", permission="lead.edit", form=lambda _user: SourceForm()),
        Remedy(key="owner", title=_("Give them to somebody"), verb=_("Assign"), icon="user-plus",
               door="desk:bulk-assign", permission="lead.assign", form=lambda user: OwnerForm(user=user)),
        Remedy(key="country", title=_("Say where they are"), verb=_("Set the country"), icon="world",
               door="desk:bulk-country", permission="lead.edit", form=lambda _user: CountryForm()),
        Remedy(key="meant", title=_("Put the addresses right as they were perhaps meant"), verb=_("Put right"), icon="check",
               door="desk:bulk-meant", permission="lead.edit"),
        Remedy(key="tag", title=_("Mark them to be looked at"), verb=_("Tag"), icon="tag",
               door="desk:bulk-tag", permission="tag.edit", form=lambda _user: TagForm()),
        Remedy(key="sequence", title=_("Write to them"), verb=_("Add to the sequence"), icon="route",
               door="nurturing:enrol-chosen", permission="sequence.enrol", form=lambda _user: SequenceForm(),
               most=IN_A_SEQUENCE, is_named=True),
        Remedy(key="trash", title=_("Let them go"), verb=_("Put in the trash"), icon="trash",
               door="desk:bulk-delete", permission="lead.delete"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """A remedy as it is offered: to how many leads it would be applied, and which."""

    remedy: Remedy
    form: forms.Form | None
    count: int
    ids: tuple[int, ...] = ()

    @property
    def is_too_many(self) -> bool:
        """Whether one act cannot take them all; a named one takes the first."""
        return self.count > self.remedy.most and not self.remedy.is_named

    @property
    def taken(self) -> int:
        """How many the button is about."""
        return min(self.count, self.remedy.most)


def offers(found: Found, user: User) -> Iterator[Offer]:
    """The remedies of a fault that this person may use, each with the number of her leads."""
    for key in found.fault.cures:
        remedy = REMEDIES[key]
        if allowed(user, remedy.permission):
            rows = found.rows.filter(within(user, remedy.permission))
            ids = tuple(rows.order_by("pk").values_list("pk", flat=True)[: remedy.most + 1])
            named = ids[: remedy.most] if remedy.is_named else ()
            if ids:
                yield Offer(remedy, remedy.form(user) if remedy.form else None, len(ids), named)
