"""What a plan says of moves: who else notices that an account, or an OU, stands elsewhere."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from orgkit.design import Organization
from orgkit.design.live_access import ROLES, LiveRole, LiveRoles
from orgkit.design.sections import Baseline, JsonDocument, Logging
from orgkit.provision import plan
from tests.provision import designs
from tests.provision.live import as_live, replaced


def naming(ou: str, effect: str = "Deny") -> dict[str, object]:
    """A statement with a condition on a path in the organization."""
    where = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [f"o-abcdefghij/r-root/{ou}/*"]}}
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", "Condition": where}
    return {"Version": "2012-10-17", "Statement": [statement]}


def notes(design: Organization, live: Organization, kind: str = "move_account") -> set[str]:
    return {note for step in plan(design, live).steps if step.kind == kind for note in step.notes}


def test_conditions_that_name_an_ou_are_named_wherever_they_stand(design: Organization) -> None:
    left, joined = as_live(design).ou("Workloads/Non-Production").aws_id, as_live(design).ou("Sandbox").aws_id
    assert left is not None and joined is not None
    design.add_policy("fence", naming(left))
    design.configure(
        logging=Logging(
            account="log-archive",
            bucket="logs",
            bucket_policy=JsonDocument(content=json.dumps(naming(joined, "Allow"))),
        )
    )
    live = as_live(design)
    role = LiveRole(trust=naming(left, "Allow"))
    live.surroundings = MappingProxyType({ROLES: LiveRoles(roles={"id-0011": {"reader": role}})})
    design.move("app-a-dev", "Sandbox")
    (step,) = [step for step in plan(design, live).steps if step.kind == "move_account"]
    where = next((one.name for one in live.accounts() if one.aws_id == "id-0011"), "id-0011")
    assert step.notes == (
        "policy fence names an OU it leaves in a condition on organization paths",
        f"role reader in {where} names an OU it leaves in a condition on organization paths",
        "the policy of the log bucket names an OU it comes under in a condition on organization paths",
    )


def test_an_ou_that_moves_tells_the_id_that_goes_and_who_names_it(design: Organization, live: Organization) -> None:
    old = live.ou("Workloads/Production").aws_id
    place = "Workloads/Production"
    base = Baseline(name="base", to=(place,), actions=("ec2:CreateVpc",), permission_model="SERVICE_MANAGED")
    design.configure(baselines={"base": base})
    design.move("Workloads/Production", "Infrastructure")
    told = notes(design, live, "create_ou")
    assert any(f"its id, {old}, goes" in note for note in told)
    assert "stack set base names it: its instances end with the old OU, and come with the new one" in told
    assert not notes(design, live)  # said once, for all that comes along


@pytest.mark.parametrize(("to", "verb"), [("Sandbox", "adds"), ("Workloads", "deletes")])
def test_automatic_deployment_follows_an_account(design: Organization, live: Organization, to: str, verb: str) -> None:
    base = Baseline(name="base", to=(to,), actions=("ec2:CreateVpc",), permission_model="SERVICE_MANAGED")
    design.configure(baselines={"base": base})
    design.move("app-a-dev", "Sandbox")
    assert f"stack set base: automatic deployment {verb} its instances" in notes(design, live)


def test_what_has_no_condition_on_places_is_not_named(design: Organization) -> None:
    design.add_policy("mentions", designs.text(designs.DENY_LEAVE).replace("Leave", "ou-id-0003"))
    live = as_live(design)
    replaced(live, "Workloads/Non-Production", aws_id="ou-id-0003")
    design.move("app-a-dev", "Sandbox")
    assert not notes(design, live)
