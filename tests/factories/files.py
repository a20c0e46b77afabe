"""Files to give away."""

import io
import zipfile

from leadflow.assets import files

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def a_file(name="The guide", content=PDF, original="guide.pdf", **values):
    """A file of the library."""
    upload = files.read(io.BytesIO(content), name=original)
    return files.add(values={"name": name, **values}, upload=upload, by=None)


def an_archive(*names):
    """A ZIP archive that holds empty files of these names."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return target.getvalue()
