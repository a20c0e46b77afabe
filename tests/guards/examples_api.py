"""What the doors for other programs are shown."""

from leadflow.integrations import hooks, outbound, services
from leadflow.integrations.models import HookCall, WebhookDelivery
from leadflow.kit import clock
from tests.factories.integrations import an_endpoint
from tests.guards.examples_core import lead


def prepare(world):
    owner = world.users["admin"]
    world.made["key"] = services.create(name="World", owner=owner, scopes=["leads:read"])[0]
    world.made["hook"] = hooks.create(by=owner, makes="lead", scheme="standard", name="World")[0]
    world.made["call"] = HookCall.objects.create(
        hook=world.made["hook"], provider_id="1", received_at=clock.now(), body="{}"
    )
    world.made["endpoint"] = an_endpoint()
    world.made["message"] = a_message(world.made["endpoint"])


def a_message(endpoint):
    """One that was given up, so that it can be sent once more."""
    told = outbound.Message(endpoint=endpoint, key="walk:1", kind="step.reached", data={})
    outbound.queue_many([told], at=clock.now())
    WebhookDelivery.objects.update(state="failed", settled_at=clock.now())
    return WebhookDelivery.objects.get()


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
    **{
        f"console:webhook{name}": lambda world, whose: {"pk": world.made["endpoint"].pk}
        for name in ("", "-edit", "-secret", "-switch", "-trial", "-replay")
    },
    "console:webhook-delivery": lambda world, whose: {
        "pk": world.made["endpoint"].pk,
        "delivery": world.made["message"].pk,
    },
    "integrations:hook": lambda world, whose: {"code": world.made["hook"].code},
    "console:api-key-revoke": lambda world, whose: {"pk": world.made["key"].pk},
}
PAYLOADS = {
    "console:hook-replay": lambda world, whose: {"call": world.made["call"].pk},
    "console:webhook-replay": lambda world, whose: {"delivery": world.made["message"].pk},
    "console:webhook-switch": lambda world, whose: {"to": "on"},
}
