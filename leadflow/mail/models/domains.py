"""What DNS says about the domains of addresses."""

from django.db import models


class MailDomain(models.Model):
    """Whether mail to a domain can arrive at all. A tick makes a row for each domain of a lead's address.

    `takes_mail` is unknown until DNS has told; where nobody answered it is asked again the next day.
    """

    domain = models.CharField(max_length=253, unique=True)
    takes_mail = models.BooleanField(null=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()

    class Sensitivity:
        """S1: whose mail goes where, without naming a person."""

        S1 = ("domain",)
        S0 = ("takes_mail", "checked_at", "due_at")

    class Meta:
        indexes = [
            # the tick: what is to be asked, the longest due first
            models.Index(fields=["due_at"], name="maildomain_due"),
        ]

    def __str__(self) -> str:
        return self.domain
