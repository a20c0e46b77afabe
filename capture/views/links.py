"""Short links: made, printed as QR codes, followed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from capture.forms.links import LinkForm
from capture.services import sharing
from capture.views.sharing import as_picture
from leadflow.assets import content, links
from leadflow.assets.models import ShortLink
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.services import hosts, organisation
from leadflow.web.crud import Crud
from leadflow.web.gate import access, public
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.visitors import missed


def save(form: Any, by: User) -> Any:
    """Make or change, as a matter of record."""
    if form.instance.pk is None:
        form.instance.created_by = by
    return organisation.save_object(row=form.instance, values=form.cleaned_data, by=by)


@dataclass(frozen=True, slots=True)
class LinkCrud(Crud):
    """Links with their clicks and their short addresses."""

    def queryset(self, user: User) -> QuerySet[Any]:
        """All of them: whoever may see forms sees links."""
        del user
        return links.counted().order_by("-created_at", "-pk")

    def initial(self, request: HtmxHttpRequest) -> dict[str, Any]:
        """A link for an item of the library leads there, and belongs to its campaign."""
        told = request.GET.get("content", "")
        item = content.item(int(told)) if told.isdecimal() else None
        if item is None:
            return {}
        return {"content": item, "url": item.url, "campaign": item.campaign_id}

    def list_view(self) -> Any:
        """The list, the archived ones last."""

        @access("form.view")
        def listing(request: HtmxHttpRequest) -> HttpResponseBase:
            rows = sorted(self.queryset(request.user)[:500], key=lambda row: row.is_archived)
            context = {
                "crud": self,
                "rows": rows,
                "base": hosts.base_url(),
                "can_edit": allowed(request.user, "form.edit"),
            }
            return render(request, "capture/links.html", context)

        return listing


LINKS = LinkCrud(
    ShortLink,
    LinkForm,
    permission="form.edit",
    namespace="capture",
    slug="links",
    singular=_("Link"),
    plural=_("Links"),
    columns=[("name", _("Name"))],
    archived_field="is_archived",
    form_template="capture/link.html",
    save=save,
)


@access("form.view")
@require_safe
def qr(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The short address as a QR code."""
    link = get_object_or_404(LINKS.queryset(request.user), pk=pk)
    return as_picture(sharing.qr_of(hosts.base_url() + link.path))


@public("visitors follow short links; the target is stored, never told by the address")
@require_safe
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """To where the link leads, counted."""
    agent = request.headers.get("User-Agent", "")
    target = links.followed(code, method=request.method or "", agent=agent)
    if target is None:
        return missed(request)
    response = HttpResponseRedirect(target)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
