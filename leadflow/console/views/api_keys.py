"""Keys for other programs: made once, shown once, revoked at any time."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from leadflow.integrations import services
from leadflow.integrations.models import SCOPES, ApiKey
from leadflow.web.forms import StaffForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


class KeyForm(StaffForm):
    """A new key."""

    name = forms.CharField(label=gettext_lazy("What is it for"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Valid until"),
        required=False,
        help_text=gettext_lazy("Empty: until revoked."),
    )


@access("settings.edit")
def api_keys(request: HtmxHttpRequest) -> HttpResponseBase:
    """The keys, and a form for another."""
    form, shown = KeyForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid() and form.attempt(lambda: _make(request, form)):
        shown, form = form.result[1], KeyForm()
    context = {
        "form": form,
        "shown": shown,
        "keys": ApiKey.objects.select_related("owner"),
        "scopes": SCOPES,
    }
    return render(request, "console/api_keys.html", context, status=form.status)


def _make(request: HtmxHttpRequest, form: KeyForm) -> tuple[ApiKey, str]:
    return services.create(owner=request.user, **form.cleaned_data)


@require_POST
@access("settings.edit")
def api_key_revoke(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """End a key."""
    services.revoke(get_object_or_404(ApiKey, pk=pk), by=request.user)
    messages.success(request, _("The key no longer works."))
    return redirect(request, "/settings/api-keys/")
