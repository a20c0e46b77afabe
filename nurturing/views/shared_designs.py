"""What the designs of a team share: snippets and the brand kit."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.assets import images as library
from leadflow.mail.design import services
from leadflow.mail.models import MailBrand, MailSnippet
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing.forms.brand import BrandForm
from nurturing.views import framing
from nurturing.views.of_design import design_or_404, head


@access("sequence.view")
@require_safe
def snippets(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every snippet with what is in it."""
    rows = MailSnippet.objects.visible_to(request.user).select_related("created_by")
    can_edit = allowed(request.user, "sequence.edit")
    context = {"rows": rows, "tab": "snippets", "can_edit": can_edit}
    return render(request, "nurturing/design_snippets.html", context)


@access("sequence.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def snippet_new(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Choose blocks of a design, name them, and share them with the team."""
    design = design_or_404(request, pk)
    if request.method == "POST":
        made = services.save_snippet(
            design=design,
            blocks_chosen=request.POST.getlist("blocks"),
            name=request.POST.get("name", ""),
            by=request.user,
        )
        words = _("“%(name)s” stands in the palette of every design, under Snippets of the team.")
        messages.success(request, words % {"name": made.name})
        return redirect(request, design.get_absolute_url())
    context = head(request, design, "build") | {"rows": framing.blocks_of(design)}
    return render(request, "nurturing/design_snippet.html", context)


@access("sequence.edit")
@require_POST
def snippet_drop(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Offer a snippet no longer."""
    rows = MailSnippet.objects.visible_to(request.user)
    services.drop_snippet(snippet=get_object_or_404(rows, pk=pk), by=request.user)
    return redirect(request, reverse("nurturing:design-snippets"))


@access("sequence.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def brand(request: HtmxHttpRequest) -> HttpResponseBase:
    """Logo, colour, letters, foot and networks of every designed mail."""
    form = BrandForm(request.POST or None, request.FILES or None, instance=MailBrand.current())
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: form.keep(request.user))
    ):
        messages.success(request, _("Saved. Designs take it over when they are published next."))
        return redirect(request, request.path)
    logo = library.named([MailBrand.current().logo]).get(MailBrand.current().logo)
    context = {"form": form, "tab": "brand", "can_edit": True, "logo": logo}
    return render(request, "nurturing/design_brand.html", context, status=form.status)
