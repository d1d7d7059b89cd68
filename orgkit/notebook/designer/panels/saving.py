"""Save: what would change in the file, then the button that writes exactly that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgkit.notebook.blocks import Json, button, buttons, diff, field, form, text, title

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller


def blocks_of(controller: Controller) -> list[Json]:
    saving = controller.saving
    fields = [field("path", "File", str(saving.path))]
    shown = [title("Save", "comments and every other line stay as they are"), form("path", {"type": "diff"}, fields)]
    if controller.unsaved.trouble:
        shown.append(text(controller.unsaved.trouble, "warning"))
    if saving.shown is None:
        return [*shown, buttons(button("Show what would change", {"type": "diff"}, main=True))]
    if not saving.shown:
        word = "Saved." if saving.saved else "The file says this already."
        return [*shown, text(word, "good"), buttons(button("Look again", {"type": "diff"}))]
    return [
        *shown,
        buttons(button("Write this", {"type": "save"}, main=True), button("Look again", {"type": "diff"})),
        diff(saving.shown),
    ]
