"""A sender proves its mailbox by a link; one of the verified is the default."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "senderidentity",
            "is_default",
            models.BooleanField(default=False, verbose_name="default"),
        ),
        migrations.AddField(
            "senderidentity", "token_hash", models.CharField(blank=True, max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "senderidentity", "asked_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "senderidentity", "expires_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddConstraint(
            "senderidentity",
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_sender"
            ),
        ),
        migrations.AddConstraint(
            "senderidentity",
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(verified_at__isnull=False),
                name="default_sender_is_verified",
            ),
        ),
    ]
