"""Saving, changing and dropping the tabs of a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from leadflow.errors import Invalid, NotAllowed
from leadflow.people.access import Scope, scope_of
from leadflow.people.models import Team, User
from leadflow.web.models import SavedView, Sharing

# where on the list one is; never part of a view
PLACE = ("after", "before", "view", "csrfmiddlewaretoken")
MAX_VIEWS = 30
MAX_STATE = 4_000


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view among the tabs of a list."""

    view: SavedView
    url: str
    is_current: bool
    is_own: bool
    is_changed: bool

    @property
    def shared(self) -> str:
        """Who finds it, as the form of a view says it."""
        return shared_with(self.view)


def shared_with(view: SavedView) -> str:
    """One word for who finds the view: none, all, or a team as `team-3`."""
    return f"{Sharing.TEAM}-{view.team_id}" if view.team_id else view.shared


def save(
    *,
    by: User,
    page: str,
    name: str,
    state: Mapping[str, Sequence[str]],
    shared: str = Sharing.NONE,
    team: Team | None = None,
) -> SavedView:
    """Keep a state under a name; the same name again overwrites her own view."""
    name = name.strip()[:60]
    if not name:
        raise Invalid(_("Give the view a name."), {"name": [_("Give the view a name.")]})
    values = {"state": cleaned(state), **sharing(by, shared, team)}
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # the limit holds under two tabs
        own = SavedView.objects.filter(owner=by, page=page)
        if not own.filter(name=name).exists() and own.count() >= MAX_VIEWS:
            raise Invalid(_("You have 30 views on this list. Delete one first."))
        view, _made = SavedView.objects.update_or_create(
            owner=by, page=page, name=name, defaults=values
        )
    return view


def change(
    *, by: User, view: SavedView, name: str, shared: str, team: Team | None = None
) -> SavedView:
    """Another name, other people who find it; nobody but the owner."""
    require_own(by, view)
    view.name = name.strip()[:60]
    if not view.name:
        raise Invalid(_("Give the view a name."), {"name": [_("Give the view a name.")]})
    for field, value in sharing(by, shared, team).items():
        setattr(view, field, value)
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "shared", "team"])
    except IntegrityError as clash:
        taken = _("Another of your views has that name.")
        raise Invalid.at("name", taken) from clash
    return view


def delete(*, by: User, view: SavedView) -> None:
    """Drop a tab, for everybody it was shared with."""
    require_own(by, view)
    view.delete()


def require_own(by: User, view: SavedView) -> None:
    """Only the owner, or an admin for a view shared with all."""
    if view.owner_id != by.pk and not (by.is_admin and view.shared == Sharing.ALL):
        raise NotAllowed(_("This view belongs to %(name)s.") % {"name": view.owner.name})


def sharing(by: User, shared: str, team: Team | None) -> dict[str, Any]:
    """Sharing with a team needs to be in it; with everybody, to see everybody's leads."""
    if shared == Sharing.ALL and not may_share_with_all(by):
        raise NotAllowed(_("Only admins and marketers share a view with everybody."))
    if shared == Sharing.TEAM:
        if team is None or not teams_to_share_with(by).filter(pk=team.pk).exists():
            raise Invalid(
                _("Choose one of your teams."), {"team": [_("Choose one of your teams.")]}
            )
        return {"shared": shared, "team": team}
    if shared not in Sharing.values:
        raise Invalid(_("Choose who finds this view."))
    return {"shared": shared, "team": None}


def may_share_with_all(user: User) -> bool:
    """Who sees everybody's leads."""
    return scope_of(user, "lead.view") == Scope.ALL


def teams_to_share_with(user: User) -> QuerySet[Team]:
    """Her own teams; all of them for an admin."""
    teams = Team.objects.order_by("name")
    return teams if user.is_admin else teams.filter(memberships__user=user)


def cleaned(state: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Filters, order and columns, without the place and within a sensible size."""
    kept = {k: [str(v) for v in values] for k, values in state.items() if k not in PLACE}
    if sum(len(k) + sum(map(len, v)) for k, v in kept.items()) > MAX_STATE or "\x00" in str(kept):
        raise Invalid(_("This view is too large to keep. Use fewer filters."))
    return kept


def tabs(request: HttpRequest, user: User, page: str) -> list[Tab]:
    """The saved views of a list as tabs; one query. The current one is named by ?view=."""
    current = request.GET.get("view", "")
    here = {k: v for k, v in request.GET.lists() if k not in PLACE}
    found = []
    for view in SavedView.objects.visible_to(user).on(page):
        is_current = str(view.pk) == current
        is_changed = is_current and here != view.state
        found.append(Tab(view, url_of(view), is_current, view.owner_id == user.pk, is_changed))
    return found


def fixed(request: HttpRequest, named: Sequence[tuple[Any, str]]) -> list[dict[str, Any]]:
    """The tabs that everybody has, from label and query; one is current when the URL is exactly it."""
    here = request.GET.copy()
    for key in ("after", "before"):
        here.pop(key, None)
    current = here.urlencode()
    return [
        {"label": label, "url": f"?{query}", "is_current": current == query}
        for label, query in named
    ]


def url_of(view: SavedView) -> str:
    """The list in the state of the view."""
    query = QueryDict(mutable=True)
    for key, values in view.state.items():
        query.setlist(key, values)
    query["view"] = str(view.pk)
    return f"?{query.urlencode()}"
