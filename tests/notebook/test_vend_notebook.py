"""The notebook that vends accounts, headless: the plan first, and with its digest the accounts."""

from __future__ import annotations

from pathlib import Path

import orgkit
from orgkit import starter


def test_a_list_is_planned_and_with_the_digest_of_its_plan_vended(tmp_path: Path):
    notebook = next(path for path in starter.notebooks() if path.name.startswith("6-"))
    listed = tmp_path / "accounts.csv"
    listed.write_text(
        "name,email,ou,tag:Environment,tag:Team,tag:Project\n"
        "c-dev,c-dev@company.com,Workloads/Non-Production,development,c,c\n"
        "c-try,c-try@company.com,Sandbox,sandbox,c,c\n"
    )
    given = {"target": f"sandbox:{tmp_path / 'vend.jsonl'}", "requests": str(listed)}
    orgkit.run(notebook, given, tmp_path / "out")
    with orgkit.connect(given["target"]) as target:
        assert "c-dev" not in {account.name for account in orgkit.read(target).accounts()}
    approval = (tmp_path / "out" / "vend.digest").read_text()
    orgkit.run(notebook, {**given, "approve": approval}, tmp_path / "out")
    with orgkit.connect(given["target"]) as target:
        live = orgkit.read(target)
    recorded = orgkit.load(tmp_path / "out" / "vended" / "org.yaml")
    for name, place in (("c-dev", "Workloads/Non-Production"), ("c-try", "Sandbox")):
        assert live.path(live.find(name)) == recorded.path(recorded.find(name)) == f"{place}/{name}"
