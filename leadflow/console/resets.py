"""Answering forgotten passwords: a link that works once, for an hour."""

from urllib.parse import quote

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.kit.ids import token
from leadflow.mail.services import queue
from leadflow.models import Organisation
from leadflow.people.models import User
from leadflow.services import people


@transaction.atomic
def answer_waiting() -> int:
    """Queue the mail of everybody who forgot her password; how many that were."""
    asked = people.take_resets()
    for user in asked:
        _queue(user)
    return len(asked)


def reset_link(user: User) -> str:
    """From our own address, never from what a request claims as its host."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
    return str(settings.PUBLIC_BASE_URL) + path.replace("UID-KEY", quote(key))


def _queue(user: User) -> None:
    organisation = Organisation.current()
    context = {"user": user, "link": reset_link(user), "organisation": organisation}
    queue(
        key=f"reset:{user.pk}:{token()}",
        kind="essential",
        to=user.email,
        to_name=user.name,
        subject=_("A new password for %(organisation)s") % {"organisation": organisation.name},
        text=render_to_string("emails/password_reset.txt", context),
    )
