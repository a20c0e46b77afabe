"""People who work in LeadFlow, and the teams they work in."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is here for; `access.py` says what follows from it."""

    ADMIN = "admin", _("Admin")
    MANAGER = "manager", _("Manager")
    REP = "rep", _("Sales rep")
    MARKETER = "marketer", _("Marketer")
    VIEWER = "viewer", _("Viewer")


class Team(models.Model):
    """A group of people whose leads a manager sees; made by an admin or by an import."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    office = models.CharField(_("office"), max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """Users, asked in the words of the business."""

    def active(self) -> "UserQuerySet":
        """People who may sign in or own a record."""
        return self.filter(is_active=True)

    def can_own(self) -> "UserQuerySet":
        """Active people whose role works leads: reps, managers and admins."""
        return self.active().filter(role__in=[Role.REP, Role.MANAGER, Role.ADMIN])

    def visible_to(self, user: "User") -> "UserQuerySet":
        """Everybody may know who works here: owners are named on every record."""
        return self if user.is_active else self.none()


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes users; an e-mail may be missing (an imported owner who cannot sign in yet)."""

    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> "User":
        """Make a person; without a password she cannot sign in until she sets one."""
        user: User = self.model(
            email=self.normalize_email(email).lower() if email else None, **fields
        )
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """Django's word for it; here it is a person with the role admin."""
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail whatever its case."""
        found: User = self.get(email__iexact=username)
        return found


class User(AbstractBaseUser):
    """A person who works here. One role, any number of teams.

    `email` is empty for owners that an import brought: they own records and cannot sign in until an
    admin gives them an address.
    """

    email = models.EmailField(_("email"), max_length=254, null=True, blank=True, unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.REP)
    teams: "models.ManyToManyField[Team, Membership]" = models.ManyToManyField(
        Team, through="Membership", related_name="people", blank=True
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(default=False)
    # raised to end every session of hers; it stands in the hash that each session carries
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    # what she chose for herself
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    theme = models.CharField(
        _("theme"),
        max_length=5,
        choices=[("auto", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))],
        default="auto",
    )
    dense_rows = models.BooleanField(_("dense rows"), default=True)
    single_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    preferences = models.JSONField(default=dict, blank=True)

    # what was observed
    joined_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    # an imported owner is found again by where she came from
    external_system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Sensitivity:
        """S2 personal, S1 commercial, S0 the rest, S3 never leaves."""

        S3 = ("password", "session_epoch")
        S2 = ("email", "last_seen_at")
        S0 = (
            "name",
            "role",
            "is_active",
            "is_demo",
            "language",
            "time_zone",
            "theme",
            "dense_rows",
            "single_keys",
            "preferences",
            "joined_at",
            "external_system",
            "external_id",
            "last_login",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.UniqueConstraint(
                F("external_system"),
                F("external_id"),
                condition=~Q(external_id=""),
                name="user_once_per_external_id",
            ),
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """Up to two letters for the round face beside a name."""
        words = [w for w in self.name.split() if w[0].isalnum()] or ["?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def first_name(self) -> str:
        """The first word of the name, as colleagues say it."""
        return self.name.split()[0] if self.name else ""

    def get_full_name(self) -> str:
        return self.name

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def can_sign_in(self) -> bool:
        """Active, with an address and a password of her own."""
        return self.is_active and bool(self.email) and self.has_usable_password()

    def get_session_auth_hash(self) -> str:
        """What a session must carry to stay alive: it changes with the password and the epoch."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Any:
        """The same under older secret keys, so that a new key signs nobody out."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None) -> str:
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac(
            "leadflow.people.session", value, secret=secret, algorithm="sha256"
        ).hexdigest()


class Membership(models.Model):
    """A person belongs to a team, and may manage it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    is_manager = models.BooleanField(_("manages the team"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, asked by their state."""

    def open(self, at: datetime) -> "InvitationQuerySet":
        """Those that can still be accepted at that moment."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """An admin asked somebody to work here; the link in her mail makes her account, once.

    Only a keyed hash of the link's token is stored. `user` is set for somebody who is here already
    without a sign-in (an owner that an import brought), and after acceptance.
    """

    # who is asked, and what she will be
    email = models.EmailField(_("email"), max_length=254)
    name = models.CharField(_("name"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.REP)
    teams: "models.ManyToManyField[Team, Any]" = models.ManyToManyField(
        Team, blank=True, related_name="+"
    )
    is_manager = models.BooleanField(_("manages these teams"), default=False)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="invitations"
    )

    # the link
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = InvitationQuerySet.as_manager()

    class Sensitivity:
        """S2 personal, S0 the rest, S3 never leaves."""

        S3 = ("token_hash",)
        S2 = ("email",)
        S0 = (
            "name",
            "role",
            "teams",
            "is_manager",
            "user",
            "invited_by",
            "created_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_email",
            )
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or self.email


class ResetRequest(models.Model):
    """Somebody typed an address as that of a forgotten password; a task answers it and drops it.

    The page only writes this row, whether the address is known or not, so that neither its answer
    nor its work tells which addresses sign in here.
    """

    email = models.EmailField(max_length=254)
    asked_at = models.DateTimeField()

    class Sensitivity:
        """S2 personal."""

        S2 = ("email", "asked_at")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Reset asked at {self.asked_at}"
