"""The project's own files agree with each other."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What conda calls otherwise, and what it has no need of: python-graphviz runs conda's own graphviz.
CONDA_NAMES = {"graphviz": "python-graphviz"}
NOT_FOR_CONDA = {"graphviz-pure"}


def project() -> dict[str, object]:
    data: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return data


def requirements(*extras: str) -> dict[str, str]:
    data = project()
    listed = list(data["dependencies"])  # type: ignore[call-overload]
    for extra in extras:
        listed += data["optional-dependencies"][extra]  # type: ignore[index]
    parsed = [Requirement(line) for line in listed]
    return {r.name.lower(): str(r.specifier) for r in parsed if r.name != "orgkit"}


def conda() -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    flat = [line for line in listed if isinstance(line, str)] + next(x for x in listed if isinstance(x, dict))["pip"]
    parsed = [Requirement(line) for line in flat]
    return {r.name.lower(): str(r.specifier) for r in parsed}


def test_conda_gets_the_packages_that_pip_gets_in_the_same_versions():
    pip = requirements("diagrams", "frames", "notebook", "sandbox")
    wanted = {CONDA_NAMES.get(name, name): spec for name, spec in pip.items() if name not in NOT_FOR_CONDA}
    offered = conda()
    assert {name: offered.get(name) for name in wanted} == wanted


def test_conda_gets_what_the_tests_of_notebooks_need():
    assert {"pytest", "nbval", "graphviz", "python"} <= conda().keys()


def test_every_notebook_has_one_parameters_cell_with_types_and_comments():
    assert [path.stem for path in NOTEBOOKS]
    for path in NOTEBOOKS:
        cells = [
            c for c in json.loads(path.read_text("utf-8"))["cells"] if "parameters" in c["metadata"].get("tags", [])
        ]
        assert len(cells) == 1, path.name
        for line in "".join(cells[0]["source"]).splitlines():
            assert re.fullmatch(r"\w+: [\w\[\], |]+ = .+  # .+", line), (path.name, line)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs_or_traces_of_a_run(path: Path):
    content = json.loads(path.read_text("utf-8"))
    assert not content["metadata"].keys() & {"papermill", "widgets"}
    for cell in content["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert not cell["metadata"].keys() & {"papermill", "execution"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_use_the_public_face_only(path: Path):
    code = "\n".join(
        "".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"
    )
    assert not re.search(r"\b_[a-z]\w*\(|\._[a-z]|^\s*(def|class|lambda) ", code, re.M)
    assert not re.search(r"^(import|from) (boto3|moto|botocore|requests)", code, re.M)


def test_the_package_is_typed_and_its_version_is_said_once():
    import orgkit

    assert (ROOT / "orgkit" / "py.typed").exists()
    assert project()["version"] == orgkit.__version__
