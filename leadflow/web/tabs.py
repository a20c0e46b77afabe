"""The doors behind the tabs of a list: keep a view, change it, share it, drop it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from leadflow.people.models import Team, User
from leadflow.web import saved_views
from leadflow.web.forms import StaffForm
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.models import SavedView, Sharing
from leadflow.web.views import next_of

_TEAM = f"{Sharing.TEAM}-"


class ViewForm(StaffForm):
    """The name of a tab, and who else finds it. A team stands as `team-3`."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    shared = forms.ChoiceField(
        label=gettext_lazy("Who finds it"),
        widget=forms.RadioSelect,
        initial=Sharing.NONE,
        help_text=gettext_lazy(
            "They get the same question, and see in it only what is theirs to see."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = [
            (f"{_TEAM}{team.pk}", _("Team %(name)s") % {"name": team.name})
            for team in saved_views.teams_to_share_with(user)
        ]
        everybody = (
            [(Sharing.ALL, Sharing.ALL.label)] if saved_views.may_share_with_all(user) else []
        )
        self.fields["shared"].choices = [  # type: ignore[attr-defined]
            (Sharing.NONE, Sharing.NONE.label), *teams, *everybody
        ]  # fmt: skip

    def sharing(self) -> dict[str, Any]:
        """What the services take: with whom, and which team."""
        chosen = self.cleaned_data["shared"]
        if not chosen.startswith(_TEAM):
            return {"shared": chosen, "team": None}
        return {"shared": Sharing.TEAM, "team": Team.objects.get(pk=int(chosen[len(_TEAM) :]))}


@require_GET
@access("view.save")
def view_new(request: HtmxHttpRequest) -> HttpResponseBase:
    """The fields of a view to be: part of the dialog behind "Save view"."""
    return render(request, "web/view_fields.html", {"form": ViewForm(user=request.user)})


@require_POST
@access("view.save")
def view_save(request: HtmxHttpRequest) -> HttpResponseBase:
    """Keep the state of a list under a name; `state` is its query string."""
    form = ViewForm(_with_sharing(request), user=request.user)
    state = dict(QueryDict(request.POST.get("state", "")[: saved_views.MAX_STATE * 2]).lists())
    if form.is_valid() and form.attempt(
        lambda: saved_views.save(
            by=request.user,
            page=request.POST.get("page", "")[:40],
            name=form.cleaned_data["name"],
            state=state,
            **form.sharing(),
        )
    ):
        view = form.result
        messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
        return redirect(request, path_of(next_of(request)) + saved_views.url_of(view))
    return _again(request, form, _("Save this view?"))


@access("view.save")
def view_edit(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Another name for a tab, other people who find it."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    saved_views.require_own(request.user, view)
    if request.method != "POST":
        start = {"name": view.name, "shared": saved_views.shared_with(view)}
        return render(
            request, "web/view_fields.html", {"form": ViewForm(user=request.user, initial=start)}
        )
    form = ViewForm(_with_sharing(request), user=request.user)
    if form.is_valid() and form.attempt(
        lambda: saved_views.change(
            by=request.user, view=view, name=form.cleaned_data["name"], **form.sharing()
        )
    ):
        return redirect(request, path_of(next_of(request)) + saved_views.url_of(view))
    return _again(request, form, _("Change this view?"))


@require_POST
@access("view.save")
def view_delete(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Drop a tab."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    saved_views.delete(by=request.user, view=view)
    messages.success(
        request,
        _("The view “%(name)s” is gone. Its rows are where they were.") % {"name": view.name},
    )
    return redirect(request, path_of(next_of(request)))


def _with_sharing(request: HtmxHttpRequest) -> QueryDict:
    """What was sent; who sends no choice keeps the view to herself."""
    sent = request.POST.copy()
    sent.setdefault("shared", Sharing.NONE)
    return sent


def _again(request: HtmxHttpRequest, form: ViewForm, title: str) -> HttpResponseBase:
    """The dialog as a page, with what is wrong beside the field and nothing lost."""
    kept = {key: request.POST.get(key, "") for key in ("page", "state", "next")}
    context = {"form": form, "title": title, "kept": kept, "back": next_of(request)}
    return render(request, "web/view_again.html", context, status=form.status)


def path_of(target: str) -> str:
    """Without the query."""
    return target.partition("?")[0]
