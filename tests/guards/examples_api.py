"""What the doors for other programs are shown."""

from leadflow.integrations import services
from tests.guards.examples_core import lead


def prepare(world):
    owner = world.users["admin"]
    world.made["key"] = services.create(name="World", owner=owner, scopes=["leads:read"])[0]


EXAMPLES = {
    "api:lead": lead,
    "console:api-key-revoke": lambda world, whose: {"pk": world.made["key"].pk},
}
PAYLOADS = {}
