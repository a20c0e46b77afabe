from django.apps import AppConfig


class MailConfig(AppConfig):
    """The mail ledger and everything that leaves through it."""

    name = "leadflow.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"
