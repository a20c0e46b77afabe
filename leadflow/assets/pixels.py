"""Pictures pixel by pixel: decoded, turned upright, shrunk, cut. The one place that knows Pillow."""

import io

from django.utils.translation import gettext as _
from PIL import Image as Pictures
from PIL import ImageOps

from leadflow.errors import Invalid

Picture = Pictures.Image
MOST_PIXELS = 40_000_000
CARD = (1200, 630)  # what social networks show
# By their first bytes; Pillow is asked for these alone, so no other reader ever sees an upload.
_MAGIC = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "GIF": b"GIF8", "WEBP": b"RIFF"}


def opened(raw: bytes) -> Picture:
    """The picture, decoded and upright. Its size is looked at before a single pixel is. Raises Invalid."""
    kind = next((kind for kind, magic in _MAGIC.items() if raw.startswith(magic)), "")
    wrong = refusal(_("That is no picture that we can read. Use PNG, JPEG, GIF or WebP."))
    if not kind:
        raise wrong
    try:
        picture = Pictures.open(io.BytesIO(raw), formats=[kind])
        if picture.width * picture.height > MOST_PIXELS:
            raise refusal(_("That picture has more than 40 million pixels. Shrink it first."))
        picture.load()
    except (OSError, SyntaxError, ValueError, Pictures.DecompressionBombError):
        raise wrong from None
    upright = ImageOps.exif_transpose(picture)
    return upright.convert(
        "RGBA" if "A" in upright.mode or "transparency" in upright.info else "RGB"
    )


def encoded(picture: Picture, width: int) -> bytes:
    """The picture in this width, as WebP."""
    size = (width, max(1, round(picture.height * width / picture.width)))
    out = io.BytesIO()
    picture.resize(size, Pictures.Resampling.LANCZOS).save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def card(picture: Picture) -> bytes:
    """1200 by 630 px, cut from the middle, on white where it was see-through."""
    return _jpeg(ImageOps.fit(_on_white(picture), CARD, Pictures.Resampling.LANCZOS))


def for_mail(picture: Picture) -> bytes:
    """At most 1200 px wide, on white where it was see-through: twice the width of a mail."""
    ground = _on_white(picture)
    ground.thumbnail((CARD[0], 4 * CARD[0]), Pictures.Resampling.LANCZOS)
    return _jpeg(ground)


def _on_white(picture: Picture) -> Picture:
    ground = Pictures.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return ground


def _jpeg(picture: Picture) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def refusal(message: str) -> Invalid:
    """What stands at the field of the file."""
    return Invalid.at("file", message)
