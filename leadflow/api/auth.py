"""Who comes in by `Authorization: Bearer lf_….…`, and what that key may do."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from leadflow.integrations.models import ApiKey
from leadflow.integrations.services import holder_of
from leadflow.kit import clock
from leadflow.people.models import User
from leadflow.web.cache import count


class ByKey(BaseAuthentication):
    """A key in the header, never in the address."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's owner and the key. Raises AuthenticationFailed for a key that is none."""
        word, _space, value = get_authorization_header(request).decode("latin-1").partition(" ")
        if word.lower() != "bearer":
            return None
        key = holder_of(value.strip())
        if key is None:
            raise AuthenticationFailed(_("This key does not work: wrong, revoked or expired."))
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        """So that a request without a key is a 401."""
        del request
        return "Bearer"


class KeyInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema of the API describes the key."""

    target_class = ByKey
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        del auto_schema
        return {"type": "http", "scheme": "bearer"}


class HasScope(BasePermission):
    """The key names the scope that the view's method needs (`scopes = {"GET": "leads:read"}`)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the key may."""
        if request.method == "OPTIONS":
            return isinstance(request.auth, ApiKey)
        needed = view.scopes.get("GET" if request.method == "HEAD" else request.method, "")
        return isinstance(request.auth, ApiKey) and needed in request.auth.scopes


CALLS_PER_MINUTE = 600


class Paced(BaseThrottle):
    """So many calls a minute of each key; what is more is a 429 that says when to come again."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this call."""
        del view
        if not isinstance(request.auth, ApiKey):
            return True  # refused for want of a key
        minute = f"{clock.now():%d%H%M}"
        return count(f"api:{request.auth.pk}:{minute}", 120) <= CALLS_PER_MINUTE

    def wait(self) -> float:
        """Until the minute is over, at the most."""
        return 60.0


class Door(APIView):
    """What every door for other programs has: a key, its scopes, its pace."""

    authentication_classes = [ByKey]
    permission_classes = [HasScope]
    throttle_classes = [Paced]
    open_because = "programs come in by key; its scopes and its owner's visibility decide"


def key_of(request: Request) -> ApiKey:
    """The key that let this request in. Raises NotAuthenticated where none did."""
    if not isinstance(request.auth, ApiKey):
        raise NotAuthenticated
    return request.auth


def owner_of(request: Request) -> User:
    """In whose name the request acts: the owner of its key."""
    return key_of(request).owner
