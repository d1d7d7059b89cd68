"""What every panel is: blocks, and what is done when something in them is pressed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from orgkit.errors import InputError, OrgkitError
from orgkit.notebook import still
from orgkit.notebook.blocks import Json, plain
from orgkit.notebook.blocks_html import html
from orgkit.notebook.browser import anywidget, following_cells, module, styles


class Panel(ABC):
    """Blocks and what is done with them; `str()` is its words.

    Shows itself in a notebook as a widget, with its still form, text and HTML, beside it. Runs without a person show
    the still form only, and so does `interactive=False`.
    """

    parts = ("blocks", "treegrid", "panel")  # of the browser's module

    def __init__(self, *, interactive: bool | None = None) -> None:
        self.interactive = still.has_reader() if interactive is None else interactive

    @property
    def version(self) -> int:
        """Changes when a cell has edited what is shown here."""
        return 0

    @abstractmethod
    def blocks(self) -> list[Json]:
        """What is shown now."""

    @abstractmethod
    def take(self, intent: Mapping[str, Any]) -> Json | None:
        """Do what was pressed; an answer of its own, or nothing: the panel is then shown anew."""

    def still(self) -> list[Json]:
        """What is shown where nothing can be pressed."""
        return self.blocks()

    def handle(self, intent: Mapping[str, Any]) -> Json:
        """The answer to one message of the browser; `error` where it cannot be."""
        answer: Json = {"answers": intent.get("number")}
        try:
            answer |= self.take(intent) or {}
        except OrgkitError as error:
            answer["error"] = str(error)
        return answer if "completions" in answer else {**answer, "blocks": self.blocks()}

    @cached_property
    def widget(self) -> Any:
        """The widget, an anywidget, to be put into boxes beside others; MissingExtra where it is not installed."""
        any_widget, traitlets = anywidget()
        panel = self

        class PanelWidget(any_widget):  # type: ignore[misc, valid-type]
            _esm = module(*panel.parts)
            _css = styles()
            state = traitlets.Any().tag(sync=True, to_json=lambda _, __: {"blocks": panel.blocks()})
            version = panel.version

            def follow(self) -> None:
                if panel.version != self.version:
                    self.version = panel.version
                    self.send({"blocks": panel.blocks()})

        made = PanelWidget()
        made.on_msg(lambda widget, intent, _: widget.send(panel.handle(intent)))
        following_cells(made, "follow")
        return made

    def __str__(self) -> str:
        return plain(self.still())

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        said = {"text/plain": str(self), "text/html": html(self.still())}
        shown = self.widget._repr_mimebundle_() if self.interactive else None
        return ({**shown[0], **said}, shown[1]) if shown else (said, {})


def unknown(intent: Mapping[str, Any]) -> InputError:
    """What a panel says to a message it knows nothing of."""
    return InputError(f"this panel knows no {intent.get('type')!r}")
