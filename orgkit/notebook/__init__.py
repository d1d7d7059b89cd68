"""What only a notebook needs: running without a person, progress, the page over the results."""

from orgkit.notebook.freeze import freeze
from orgkit.notebook.index import write_index
from orgkit.notebook.progress import Progress
from orgkit.notebook.run import Run, run

__all__ = ["Progress", "Run", "freeze", "run", "write_index"]
