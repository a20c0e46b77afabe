"""What mail keeps: the ledger of what leaves, and what came in."""

from leadflow.mail.models.designs import (
    NETWORKS,
    MailBrand,
    MailDesign,
    MailDesignVersion,
    MailSnippet,
)
from leadflow.mail.models.domains import MailDomain
from leadflow.mail.models.incoming import InboundMail, InboundMailQuerySet, Mailbox
from leadflow.mail.models.outgoing import (
    AT_LEAST_ONCE,
    COUNTED,
    OUTBOX,
    SMTP,
    UNFINISHED,
    Attempt,
    Confirmation,
    Delivery,
    DeliveryQuerySet,
    SenderIdentity,
    TrackedLink,
    Transport,
)
from leadflow.mail.models.own import BlindCopyAddress, OwnMailbox, SentCopy
from leadflow.mail.models.sending import (
    DomainStanding,
    MailHold,
    SenderGuard,
    SendingLimit,
    SigningKey,
)
from leadflow.mail.models.templates import MailTemplate
from leadflow.mail.models.tracking import Hit

__all__ = [
    "AT_LEAST_ONCE",
    "COUNTED",
    "NETWORKS",
    "OUTBOX",
    "SMTP",
    "UNFINISHED",
    "Attempt",
    "BlindCopyAddress",
    "Confirmation",
    "Delivery",
    "DeliveryQuerySet",
    "DomainStanding",
    "Hit",
    "InboundMail",
    "InboundMailQuerySet",
    "MailBrand",
    "MailDesign",
    "MailDesignVersion",
    "MailDomain",
    "MailHold",
    "MailSnippet",
    "MailTemplate",
    "Mailbox",
    "OwnMailbox",
    "SenderGuard",
    "SenderIdentity",
    "SendingLimit",
    "SentCopy",
    "SigningKey",
    "TrackedLink",
    "Transport",
]
