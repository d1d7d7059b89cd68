"""The designer in the browser: carries intents to the controller and answers back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgkit.notebook.browser import anywidget, following_cells, module, styles

PARTS: Final = ("store", "tree", "keys", "shortcuts", "drag", "blocks", "treegrid", "designer")

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

    DesignerWidget = Any


def make(controller: Controller) -> DesignerWidget:
    """A widget that shows a controller; MissingExtra where anywidget is not installed."""
    any_widget, traitlets = anywidget()

    class DesignerWidget(any_widget):  # type: ignore[misc, valid-type]
        """The model behind the views. `state` is made anew whenever a browser asks, so that a reload loses nothing."""

        _esm = module(*PARTS)
        _css = styles()
        state = traitlets.Any().tag(sync=True, to_json=lambda _, widget: widget.controller.state())

        def __init__(self, controller: Controller) -> None:
            self.controller = controller
            super().__init__()
            self.on_msg(self._take)
            following_cells(self, "follow")

        def _take(self, _: Any, intent: Any, buffers: Any) -> None:
            self.send(self.controller.handle(intent))

        def follow(self) -> None:
            """Show what a cell changed."""
            answer = self.controller.follow()
            if answer is not None:
                self.send(answer)

    return DesignerWidget(controller)
