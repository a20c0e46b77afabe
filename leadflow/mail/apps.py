from django.apps import AppConfig


class MailConfig(AppConfig):
    """The mail ledger and everything that leaves through it."""

    name = "leadflow.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leadflow.mail import (  # noqa: PLC0415 - models load after the apps
            fields,
            own,
            reclassifying,
            transports,
        )
        from leadflow.mail.design import linkcheck  # noqa: PLC0415
        from leadflow.mail.design import services as designs  # noqa: PLC0415
        from leadflow.mail.privacy import HOLDER  # noqa: PLC0415
        from leadflow.services.privacy import register  # noqa: PLC0415

        register(HOLDER)
        transports.register(own.FAMILY, own.way)
        fields.install()
        designs.install()
        linkcheck.install()
        reclassifying.install()
