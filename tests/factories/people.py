"""People and teams."""

import factory
from factory.django import DjangoModelFactory

from leadflow.people.models import Membership, Role, Team, User

PASSWORD = "correct horse battery"


class TeamFactory(DjangoModelFactory[Team]):
    """A team with a name of its own."""

    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(DjangoModelFactory[User]):
    """An active rep who signs in with PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@crm.example")
    role = Role.REP

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        password = kwargs.pop("password", PASSWORD)
        return model_class.objects.create_user(kwargs.pop("email"), password, **kwargs)


class MembershipFactory(DjangoModelFactory[Membership]):
    """A person in a team."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory)
