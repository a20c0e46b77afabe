"""The application that runs the others."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Start, upgrade, backup and doctor; no models."""

    name = "leadflow.operations"
    label = "operations"
