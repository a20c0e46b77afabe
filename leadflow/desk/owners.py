"""To whom leads may be given."""

from django.db.models import QuerySet

from leadflow.people.access import Scope, scope_of, teams_of
from leadflow.people.models import Membership, User


def owners_for(user: User) -> QuerySet[User]:
    """Those to whom the user may give leads."""
    people: QuerySet[User] = User.objects.can_own().order_by("name")
    if scope_of(user, "lead.give") in (Scope.TEAM, Scope.OWN):
        return people.filter(
            pk__in=Membership.objects.filter(team__in=teams_of(user)).values("user")
        )
    return people
