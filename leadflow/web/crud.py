"""Settings objects (sources, reasons, teams …): list, create, edit, archive, from one declaration.

    SOURCES = Crud(Source, SourceForm, permission="source.edit", namespace="console", slug="sources",
                   singular=_("Source"), plural=_("Sources"), columns=[("name", _("Name")), ...])
    urlpatterns = [*SOURCES.urls(), ...]

For objects whose change is no business event. Anything with invariants of its own has services:
pass them as `save` and `archive`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet
from django.forms import ModelForm
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.errors import Conflict
from leadflow.kit.clock import now
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.templatetags.formats import day

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Line:
    """One object in the list."""

    object: Any
    cells: list[Any]
    edit_url: str
    archive_url: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class Crud:
    """One kind of settings object. `columns` are (attribute or callable, label) pairs.

    `archived_field` names a boolean (true = archived) or a nullable time; without it the button
    deletes, and an object in use refuses with a sentence.
    """

    model: type[Model]
    form: type[ModelForm]  # type: ignore[type-arg]
    permission: str
    namespace: str
    slug: str
    singular: Words
    plural: Words
    columns: Sequence[tuple[str | Callable[[Any], Any], Words]]
    intro: Words = ""
    view_permission: str = ""
    archived_field: str = ""
    ordering: Sequence[str] = ("name",)
    prefetch: Sequence[str] = ()
    template: str = "crud/list.html"
    form_template: str = "crud/form.html"
    save: Callable[[Any, User], Any] | None = None
    archive: Callable[[Any, User], None] | None = None
    restore: Callable[[Any, User], None] | None = None

    def urls(self) -> list[URLPattern]:
        """Four doors: /slug/, /slug/new/, /slug/12/, /slug/12/archive/."""
        return [
            path(f"{self.slug}/", self.list_view(), name=f"{self.slug}"),
            path(f"{self.slug}/new/", self.edit_view(), name=f"{self.slug}-new"),
            path(f"{self.slug}/<int:pk>/", self.edit_view(), name=f"{self.slug}-edit"),
            path(
                f"{self.slug}/<int:pk>/archive/", self.archive_view(), name=f"{self.slug}-archive"
            ),
        ]

    def url(self, part: str = "", **kwargs: Any) -> str:
        """The address of one of the doors."""
        return reverse(f"{self.namespace}:{self.slug}{part}", kwargs=kwargs or None)

    def queryset(self, user: User) -> QuerySet[Any]:
        """All that the person may see."""
        manager = self.model._default_manager
        rows = manager.visible_to(user) if hasattr(manager, "visible_to") else manager.all()
        found: QuerySet[Any] = rows.order_by(*self.ordering).prefetch_related(*self.prefetch)
        return found

    def list_view(self) -> Callable[..., HttpResponseBase]:
        """The list, the archived ones last and grey."""

        @access(self.view_permission or self.permission)
        def listing(request: HtmxHttpRequest) -> HttpResponse:
            lines = [self.line(one) for one in self.queryset(request.user)]
            lines.sort(key=lambda line: line.is_archived)
            return render(request, self.template, {"crud": self, "lines": lines})

        return listing

    def edit_view(self) -> Callable[..., HttpResponseBase]:
        """A form, empty or filled; 422 with the messages when it cannot be saved."""

        @access(self.permission)
        def edit(request: HtmxHttpRequest, pk: int | None = None) -> HttpResponse:
            found = get_object_or_404(self.queryset(request.user), pk=pk) if pk else None
            begin = {} if found else self.initial(request)
            form: Any = self.form(
                request.POST or None, request.FILES or None, instance=found, initial=begin
            )
            if request.method == "POST" and form.is_valid() and self.stored(form, request.user):
                messages.success(request, _("Saved: %(name)s") % {"name": form.result})
                return redirect(request, self.after_saving(form.result))
            context = {"crud": self, "form": form, "object": found}
            return render(request, self.form_template, context, status=form.status)

        return edit

    def initial(self, request: HtmxHttpRequest) -> dict[str, Any]:
        """What the form of a new object begins with."""
        del request
        return {}

    def after_saving(self, found: Any) -> str:
        """Where the person goes on: the list, unless the kind has pages of its own."""
        del found
        return self.url()

    def archive_view(self) -> Callable[..., HttpResponseBase]:
        """Away with it, or back again."""

        @require_POST
        @access(self.permission)
        def away(request: HtmxHttpRequest, pk: int) -> HttpResponse:
            found = get_object_or_404(self.queryset(request.user), pk=pk)
            words = self.put_back(found, request.user) if self.is_archived(found) else None
            messages.success(request, words or self.put_away(found, request.user))
            return redirect(request, self.after_saving(found))

        return away

    def stored(self, form: Any, user: User) -> bool:
        """Save through the form, or through the service that was named."""
        if self.save:
            service = self.save
            return bool(form.attempt(lambda: service(form, user)))
        with transaction.atomic():
            return bool(form.attempt(form.save))

    def put_away(self, found: Any, user: User) -> str:
        """Archive where the kind has it, else delete."""
        if self.archive:
            self.archive(found, user)
        elif self.archived_field:
            self.mark(found, True)
        else:
            remove(found)
            return _("Deleted: %(name)s") % {"name": found}
        return _("Archived: %(name)s") % {"name": found}

    def put_back(self, found: Any, user: User) -> str:
        """Out of the archive."""
        if self.restore:
            self.restore(found, user)
        else:
            self.mark(found, False)
        return _("Back again: %(name)s") % {"name": found}

    def mark(self, found: Any, archived: bool) -> None:
        """Set the field, whether it is a flag or a time."""
        field = self.model._meta.get_field(self.archived_field)
        is_flag = field.get_internal_type() == "BooleanField"
        setattr(found, self.archived_field, archived if is_flag else (now() if archived else None))
        found.save(update_fields=[self.archived_field])

    def is_archived(self, found: Any) -> bool:
        return bool(self.archived_field and getattr(found, self.archived_field))

    def line(self, found: Any) -> Line:
        """The cells of one object."""
        cells = [c(found) if callable(c) else value_of(found, c) for c, _label in self.columns]
        return Line(
            found,
            cells,
            self.url("-edit", pk=found.pk),
            self.url("-archive", pk=found.pk),
            self.is_archived(found),
        )


def value_of(found: Any, name: str) -> Any:
    """The attribute, its label where it has choices, its answer where it is a method."""
    shown = getattr(found, f"get_{name}_display", None) or getattr(found, name)
    value = shown() if callable(shown) else shown
    return day(value) if isinstance(value, date) else value


def remove(found: Any) -> None:
    """Delete, unless other records need it."""
    try:
        with transaction.atomic():
            found.delete()
    except ProtectedError as used:
        count = len(used.protected_objects)
        raise Conflict(
            _("%(name)s is used by %(count)s records. Change those first.")
            % {"name": found, "count": count}
        ) from used
