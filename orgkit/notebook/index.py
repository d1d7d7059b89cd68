"""One page over the results of notebooks that ran: what each left, with pictures shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from orgkit.notebook.run import Run

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem; border-bottom: 1px solid #ddd }
ul { padding-left: 1.2rem } img { max-width: 100%; border: 1px solid #ddd; margin: .5rem 0 }
small { color: #666 }
@media (prefers-color-scheme: dark) {
  body { background: #1b1b1b; color: #ddd } a { color: #8ab4f8 } img { background: #fff }
}
"""


def write_index(runs: Sequence[Run], output_dir: Path, *, title: str = "Results") -> Path:
    """Write `index.html` in `output_dir`, over these runs and those of earlier calls; returns its path."""
    output = output_dir.absolute()
    manifest = output / "index.json"
    known: dict[str, dict[str, object]] = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
    for run in runs:
        known[run.notebook.stem] = {
            "page": _relative(run.page, output),
            "results": [_relative(path, output) for path in run.results],
        }
    manifest.write_text(json.dumps(known, indent=2) + "\n", "utf-8")
    sections = "".join(_section(name, entry, output) for name, entry in sorted(known.items()))
    page = output / "index.html"
    page.write_text(
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{sections}</html>\n",
        "utf-8",
    )
    return page


def _section(name: str, entry: dict[str, object], output: Path) -> str:
    results = [str(path) for path in entry["results"]]  # type: ignore[attr-defined]
    pictures = [path for path in results if path.endswith(".svg")]
    links = "".join(
        f"<li><a href='{quote(path)}'>{escape(path)}</a> <small>{_size(output / path)}</small></li>" for path in results
    )
    shown = "".join(
        f"<a href='{quote(path)}'><img src='{quote(path)}' alt='{escape(Path(path).stem)}'></a>" for path in pictures
    )
    return f"<h2><a href='{quote(str(entry['page']))}'>{escape(name)}</a></h2><ul>{links}</ul>{shown}"


def _size(path: Path) -> str:
    if not path.exists():
        return "gone"
    size = path.stat().st_size
    return f"{size} B" if size < 1024 else f"{size / 1024:.0f} kB"


def _relative(path: Path, output: Path) -> str:
    return path.relative_to(output).as_posix()
