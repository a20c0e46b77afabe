from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """What waits for a manager's yes."""

    name = "leadflow.approvals"
    label = "approvals"
    default_auto_field = "django.db.models.BigAutoField"
