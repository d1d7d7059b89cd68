"""The notebooks by hand: opened in JupyterLab and run from top to bottom."""

from __future__ import annotations

import pytest

from orgkit import starter


@pytest.mark.parametrize("notebook", starter.notebooks(), ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(open_notebook, notebook):
    cells = open_notebook(notebook).cells()
    assert not [o["evalue"] for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]
    assert all(cell["execution_count"] for cell in cells)
