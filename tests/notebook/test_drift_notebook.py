"""The notebook that a schedule runs: a report either way, and a failed run where there is drift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import orgkit
from orgkit import starter
from orgkit.errors import Drifted

NOTEBOOK = next(path for path in starter.notebooks() if path.stem == "7-drift")
DESIGN = """\
orgkit: 1
organization:
  management: {email: aws@company.com}
  policy_types: [SERVICE_CONTROL_POLICY]
root:
  ous:
    Sandbox:
      accounts:
        one: {email: one@company.com}
"""


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """An applied design with its journal, as the notebook takes them."""
    (tmp_path / "org.yaml").write_text(DESIGN)
    (tmp_path / "out").mkdir()
    given = {"design": str(tmp_path / "org.yaml"), "target": f"sandbox:{tmp_path / 'sandbox.jsonl'}"}
    with orgkit.connect(given["target"]) as target:
        plan = orgkit.plan(orgkit.load(given["design"]), orgkit.read(target))
        orgkit.apply(plan, target, approve=plan.digest, journal=tmp_path / "out" / "apply.journal")
    return given


def test_a_run_without_drift_leaves_a_report(tmp_path: Path, given: dict[str, Any]) -> None:
    run = orgkit.run(NOTEBOOK, given, tmp_path / "out")
    assert {path.name for path in run.results} >= {"drift.json", "drift.txt"}
    assert (tmp_path / "out" / "drift.txt").read_text().startswith("no drift")


def test_a_run_with_drift_fails_with_exit_code_1_and_leaves_the_report(tmp_path: Path, given: dict[str, Any]) -> None:
    with orgkit.connect(given["target"]) as target:
        target.client("organizations").enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
        client = target.client("organizations")
        ou = orgkit.read(target).ou("Sandbox").aws_id
        client.update_organizational_unit(OrganizationalUnitId=ou, Name="Playground")
    with pytest.raises(Drifted, match="OU Playground is not called Sandbox") as caught:
        orgkit.run(NOTEBOOK, given, tmp_path / "out")
    assert caught.value.exit_code == 1
    (one,) = json.loads((tmp_path / "out" / "drift.json").read_text())["differences"]
    assert one["side"] == "live"

    orgkit.run(NOTEBOOK, {**given, "fail_on_drift": False}, tmp_path / "out")
    assert (tmp_path / "out" / "drift.txt").read_text().startswith("1 difference")
