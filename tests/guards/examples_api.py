"""What the doors for other programs are shown."""

from leadflow.integrations import hooks, services
from leadflow.integrations.models import HookCall
from leadflow.kit import clock
from tests.guards.examples_core import lead


def prepare(world):
    owner = world.users["admin"]
    world.made["key"] = services.create(name="World", owner=owner, scopes=["leads:read"])[0]
    world.made["hook"] = hooks.create(by=owner, makes="lead", scheme="standard", name="World")[0]
    world.made["call"] = HookCall.objects.create(
        hook=world.made["hook"], provider_id="1", received_at=clock.now(), body="{}"
    )


EXAMPLES = {
    "api:lead": lead,
    **{
        f"console:hook{name}": lambda world, whose: {"pk": world.made["hook"].pk}
        for name in ("", "-edit", "-secret", "-switch", "-map", "-try", "-replay")
    },
    "console:hook-call": lambda world, whose: {
        "pk": world.made["hook"].pk,
        "call": world.made["call"].pk,
    },
    "integrations:hook": lambda world, whose: {"code": world.made["hook"].code},
    "console:api-key-revoke": lambda world, whose: {"pk": world.made["key"].pk},
}
PAYLOADS = {"console:hook-replay": lambda world, whose: {"call": world.made["call"].pk}}
