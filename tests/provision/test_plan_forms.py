"""How a plan reads, and what its digest is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest

from orgkit.design import Organization
from orgkit.errors import FileError
from orgkit.provision import Plan, plan
from tests.provision import designs
from tests.provision.live import as_live, replaced


def test_eighty_accounts_cannot_be_submitted_faster_than_aws_lets_them(design: Organization) -> None:
    design.configure(limits={"accounts": 200})
    for number in range(70):
        design.add_account(f"extra-{number}", "Sandbox", email=f"extra-{number}@company.com")
    made = plan(design, Organization())
    assert made.duration.floor == 770
    assert made.duration.low >= made.duration.floor
    assert "at least 13 min" in str(made)


def test_html_escapes_what_people_wrote(design: Organization, live: Organization) -> None:
    design.rename("app-a-prod", "<script>alert(1)</script>")
    shown = plan(design, live)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_plan_that_was_saved_is_the_same_in_whatever_words(
    design: Organization, live: Organization, tmp_path: Path
) -> None:
    design.move("app-a-dev", "Sandbox")
    design.add_account("late", "Workloads/Production", email="late@company.com")
    made = plan(design, live)
    made.save(tmp_path / "plan.json")
    loaded = Plan.load(tmp_path / "plan.json")
    assert (loaded.digest, str(loaded), loaded.exposures) == (made.digest, str(made), made.exposures)
    reworded = [replace(step, text="other words", why="of course", notes=("and more",)) for step in made.steps]
    assert replace(made, steps=tuple(reworded)).digest == made.digest
    assert replace(made, steps=tuple(reversed(made.steps))).digest != made.digest
    text = (tmp_path / "plan.json").read_text("utf-8").replace("late@company.com", "evil@company.com")
    (tmp_path / "plan.json").write_text(text, "utf-8")
    with pytest.raises(FileError, match="was changed after it was made"):
        Plan.load(tmp_path / "plan.json")


def test_ids_count_for_the_digest_on_aws_only(design: Organization, live: Organization) -> None:
    design.move("app-a-dev", "Sandbox")
    other = live.copy()
    replaced(other, "app-a-dev", aws_id="another")
    assert plan(design, live).digest == plan(design, other).digest
    live.origin = other.origin = "aws:prod"
    assert plan(design, live).digest != plan(design, other).digest


def test_everything_waits_for_the_organization(design: Organization) -> None:
    made = plan(design, Organization())
    first = "create_organization:organization"
    assert nx.descendants(made.graph, first) | {first} == {step.id for step in made.steps}


def test_an_ou_that_moves_reads_as_one_operation(design: Organization, live: Organization) -> None:
    design.move("Workloads/Production", "Infrastructure")
    design.set("Sandbox", tags={"a": "b"})
    lines = str(plan(design, live)).splitlines()
    operation = "   move OU Workloads/Production to Infrastructure/Production"
    assert lines[1] == f"{operation}, with 2 accounts and 1 policy:"
    assert lines[lines.index("assumed:") - 2 : lines.index("assumed:")] == [
        f"{operation}, the end:",
        "6    delete the empty OU Workloads/Production: Infrastructure/Production has taken its place",
    ]


def test_what_is_refused_comes_first_and_there_is_nothing_to_approve(design: Organization, live: Organization) -> None:
    design.detach("FullAWSAccess", "Security")
    made = plan(design, live)
    lines = str(made).splitlines()
    assert lines[0] == "refused, so that nothing can be applied; it would be 1 step"
    assert lines[1].startswith("  Security: FullAWSAccess cannot be detached")
    assert made.digest not in str(made)
    shown = made._repr_html_()
    assert shown.startswith("<p><strong>refused")
    assert shown.index("FullAWSAccess cannot be detached") < shown.index("<table>")
    assert made.digest not in shown


def test_an_exposure_of_many_accounts_is_one_sentence(design: Organization) -> None:
    design.configure(limits={"attached.SERVICE_CONTROL_POLICY": 2, "accounts": 50})
    for number in range(5):
        design.add_account(f"more-{number}", "Sandbox", email=f"more-{number}@company.com")
    live = as_live(design)
    design.add_policy("replacement", designs.ONLY_SMALL)
    design.detach("sandbox-limits", "Sandbox")
    design.attach("replacement", "Sandbox")
    made = plan(design, live)
    assert len(made.exposures) == 7
    (said,) = [line for line in str(made).splitlines() if "EXPOSED" in line]
    assert "Sandbox/developer-sandbox-1, Sandbox/developer-sandbox-2, Sandbox/more-0 and 4 more: the 1 deny" in said
