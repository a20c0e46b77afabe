"""A kind of run for fault tests: a tag per step, slowly. An app, so that child processes know it."""

import time

from django.apps import AppConfig


class CountingConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self):
        from leadflow.runs import registry

        registry.register(registry.RunKind(key="faults.count", label="Counting", work=count))


def count(work):
    """Names are unique: a step that is done twice fails the run."""
    from leadflow.models import Tag

    steps = work.args["steps"]
    work.expect(steps)
    while (done := work.checkpoint.get("done", 0)) < steps:
        with work.chunk() as chunk:
            Tag.objects.create(name=f"step {done}")
            time.sleep(0.02)
            chunk.checkpoint = {"done": done + 1}
