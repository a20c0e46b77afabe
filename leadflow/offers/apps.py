from django.apps import AppConfig


class OffersConfig(AppConfig):
    """Offers with a window, a code and a limit."""

    name = "leadflow.offers"
    label = "offers"
    default_auto_field = "django.db.models.BigAutoField"
