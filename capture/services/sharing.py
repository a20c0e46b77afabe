"""What a marketer copies: the snippet for another site, and the QR code."""

import io

import qrcode
from django.conf import settings
from qrcode.image.svg import SvgPathImage

from capture.models import Form


def snippet(form: Form) -> str:
    """One line for any page."""
    src = f"{settings.PUBLIC_BASE_URL}/embed.js"
    return f'<script src="{src}" data-form="{form.public_id}" async></script>'


def qr(form: Form) -> bytes:
    """The form's address as an SVG picture."""
    target = io.BytesIO()
    made = qrcode.make(
        settings.PUBLIC_BASE_URL + form.public_path, image_factory=SvgPathImage, border=2
    )
    made.save(target)
    return target.getvalue()
