"""The interactive designer: a tree to edit by hand beside panels that say what every edit means.

The kernel is the truth. `controller` is plain Python and takes intents; `widget` carries them between the browser and
the controller; the browser only shows what it is told.
"""

from orgkit.notebook.designer.controller import Controller
from orgkit.notebook.designer.designer import Designer

__all__ = ["Controller", "Designer"]
