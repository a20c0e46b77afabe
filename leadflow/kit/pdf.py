"""PDF documents: a Typst template filled with plain data, in fonts that hold the world's scripts.

The data reaches the template as one JSON text and is set as content, never as markup: whatever a
visitor typed stands on the page as she typed it. The compiler reads no file but the template and these fonts.
"""

import json
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template that reads `data` as `json(bytes(sys.inputs.data))`, its fonts as `.fonts`.

    Raises typst.TypstError for a template that cannot be set; no data makes that happen.
    """
    import typst  # noqa: PLC0415 - 7 MB that a process holds once it has set a document

    told = json.dumps({**data, "fonts": families()}, ensure_ascii=False)
    with tempfile.TemporaryDirectory(prefix="leadflow-pdf-") as folder:
        root = Path(folder)
        source = root / "document.typ"
        source.write_text(template, encoding="utf-8")
        return typst.compile(
            source,
            root=root,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            package_path=root,
            package_cache_path=root,
            format="pdf",
            sys_inputs={"data": told},
        )


@lru_cache(maxsize=1)
def families() -> list[str]:
    """The font families in the order in which a sign is looked for: Latin first, then every script."""
    names = sorted(
        path.stem.removesuffix("-Regular") for path in FONTS.glob("NotoSans*-Regular.ttf")
    )
    scripts = [name.removeprefix("NotoSans") for name in names]
    noto = [f"Noto Sans {script}".strip() for script in scripts]
    return [*noto, "NanumGothicCoding", "Droid Sans Fallback"]
