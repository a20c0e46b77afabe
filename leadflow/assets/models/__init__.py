"""What marketing and sales work with, and what visitors send."""

from leadflow.assets.models.content import ContentItem, Reading
from leadflow.assets.models.files import File, FileVersion, Grant
from leadflow.assets.models.image import Image
from leadflow.assets.models.link import LinkDay, ShortLink
from leadflow.assets.models.upload import Upload

__all__ = [
    "ContentItem",
    "File",
    "FileVersion",
    "Grant",
    "Image",
    "LinkDay",
    "Reading",
    "ShortLink",
    "Upload",
]
