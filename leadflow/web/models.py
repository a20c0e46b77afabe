"""What a person keeps about the pages themselves."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.people.models import Team, User


class Sharing(models.TextChoices):
    """Who else finds a saved view among the tabs."""

    NONE = "none", _("Only me")
    TEAM = "team", _("A team")
    ALL = "all", _("Everybody")


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Views, asked in the words of the business."""

    def visible_to(self, user: User) -> "SavedViewQuerySet":
        """Her own, those shared with a team of hers, those shared with all."""
        return self.filter(
            Q(owner=user)
            | Q(shared=Sharing.ALL)
            | Q(shared=Sharing.TEAM, team__memberships__user=user)
        ).distinct()

    def on(self, page: str) -> "SavedViewQuerySet":
        """The tabs of one list, in the order that their owners gave them."""
        return self.filter(page=page).order_by("position", "id")


class SavedView(models.Model):
    """Filters, order and columns of a list under a name: a tab. Made by whoever presses "Save view".

    A shared view shows others the same question, never her rows: each reads what she may see.
    """

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.CharField(_("list"), max_length=40)
    name = models.CharField(_("name"), max_length=60)
    state = models.JSONField(_("filters, order and columns"), default=dict, blank=True)
    shared = models.CharField(
        _("shared with"), max_length=4, choices=Sharing.choices, default=Sharing.NONE
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Sensitivity:
        """S2: a filter may name a person."""

        S2 = ("state", "name")
        S0 = ("page", "shared", "position", "created_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "page", "name"], name="view_name_once"),
            models.CheckConstraint(
                condition=Q(shared=Sharing.TEAM, team__isnull=False)
                | Q(~Q(shared=Sharing.TEAM), team__isnull=True),
                name="view_team_only_if_shared_with_it",
            ),
        ]
        indexes = [models.Index(fields=["page", "owner"], name="view_by_page")]

    def __str__(self) -> str:
        return self.name
