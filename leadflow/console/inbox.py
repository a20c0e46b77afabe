"""The inbox, the bell, and by which channels a person is told."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.console.page import saved
from leadflow.notifications import selectors, services
from leadflow.notifications.models import Notice, Notification
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect


@require_safe
@access("self.edit")
def inbox(request: HtmxHttpRequest) -> HttpResponse:
    """What she was told, by day."""
    only_unread = request.GET.get("show") == "unread"
    context = {
        "days": selectors.inbox(request.user, only_unread=only_unread),
        "unread": selectors.unread_count(request.user),
        "only_unread": only_unread,
    }
    return render(request, "console/inbox.html", context)


@require_safe
@access("self.edit")
def bell(request: HtmxHttpRequest) -> HttpResponse:
    """How many she has not looked at, for the side bar."""
    return render(request, "console/bell.html", {"unread": selectors.unread_count(request.user)})


@require_POST
@access("self.edit")
def look(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go where it leads."""
    rows = Notification.objects.visible_to(request.user)
    found = services.mark_read(notification=get_object_or_404(rows, pk=pk))
    return redirect(request, found.url or reverse("notifications:inbox"))


@require_POST
@access("self.edit")
def look_all(request: HtmxHttpRequest) -> HttpResponse:
    """Mark all as read."""
    services.mark_all_read(user=request.user)
    return done(request, _("All read."), back=reverse("notifications:inbox"))


@require_http_methods(["GET", "HEAD", "POST"])
@access("self.edit")
def notices(request: HtmxHttpRequest) -> HttpResponse:
    """Which kinds reach her, and how."""
    if request.method == "POST":
        inside, mail = request.POST.getlist("inside"), request.POST.getlist("mail")
        choices = {kind: (kind in inside, kind in mail) for kind in Notice.values}
        services.choose(user=request.user, choices=choices)
        return saved(request, request.path, _("Saved."))
    context = {"choices": selectors.choices_of(request.user)}
    return render(request, "console/notices.html", context)
