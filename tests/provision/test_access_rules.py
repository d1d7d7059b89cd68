"""What is refused about access before the first write, with its place and how to mend it; planned without a target."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.design import SCP, Edit, Organization, load
from orgkit.design.changes import Replace
from orgkit.design.live_access import LiveRole, LiveRoles, plain_policy
from orgkit.design.sections import Access, Assignment, JsonDocument, PermissionSet, Role, TrustedRole
from orgkit.errors import FileError
from orgkit.provision import Plan, apply
from tests.provision.access_designs import (
    DEPLOY,
    SECRET,
    VARIABLE,
    access,
    deploy_role,
    document,
    organization,
    pipeline_role,
)
from tests.provision.live import as_live

DENSE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"] * 800, "Resource": "*"}]}
BIG = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"] * 3000, "Resource": "*"}]}


def roles(**changed: object) -> Access:
    return access(roles={"deploy": deploy_role(**changed), "pipeline": pipeline_role()})


def permission_set(**changed: object) -> Access:
    return access(permission_sets={"developer": PermissionSet(name="developer", **changed)})  # type: ignore[arg-type]


def assigned(**changed: object) -> Access:
    named = {"group": "builders", "permission_set": "developer", "to": ("tools",)} | changed
    return access(assignments=(Assignment(**named),))  # type: ignore[arg-type]


ARN = "arn:aws:iam::aws:policy/Number{}"
# What the design says; then code, place and a word of the message and of the mend.
REFUSED = {
    "a role that trusts every account": (
        roles(trusts=(TrustedRole(account="*", role="pipeline"),)),
        ("role-trusts-everyone", "access.roles.deploy.trusts[0]", "everyone", "Name one account"),
    ),
    "a role that trusts every role of an account": (
        roles(trusts=(TrustedRole(account="tools", role="*"),)),
        ("role-trusts-everyone", "access.roles.deploy.trusts[0]", "everyone", "one role"),
    ),
    "a role that trusts every service": (
        roles(trusted_services=("*",)),
        ("role-trusts-everyone", "access.roles.deploy.trusted_services[0]", "everyone", "Name one service"),
    ),
    "a role that trusts an account nobody knows": (
        roles(trusts=(TrustedRole(account="toolz", role="pipeline"),)),
        ("role-trusts-unknown", "access.roles.deploy.trusts[0]", "toolz", 'did you mean "tools"?'),
    ),
    "a role that trusts nobody": (
        roles(trusts=(), trusted_services=()),
        ("role-trusts-nobody", "access.roles.deploy", "nobody", "trusts:"),
    ),
    "a trusted role with a placeholder in its name": (
        roles(trusts=(TrustedRole(account="tools", role="{{secret.env.HOME}}"),)),
        ("role-name", "access.roles.deploy.trusts[0]", "cannot be the name", "Correct"),
    ),
    "a role that goes to a place nobody knows": (
        roles(to=("Produktion",)),
        ("unknown-place", "access.roles.deploy", "Produktion", 'did you mean "Production"?'),
    ),
    "a session of a day": (
        roles(max_session=86400),
        ("role-session", "access.roles.deploy.max_session", "86400 s", "1h to 12h"),
    ),
    "inline policies over their size": (
        roles(inline_policies={"big": document(BIG)}),
        ("role-too-large", "access.roles.deploy", "the limit role_inline_policies is 10240", "limits:"),
    ),
    "an inline policy that is none": (
        roles(inline_policies={"list": JsonDocument(content="[]")}),
        ("policy-form", "access.roles.deploy.inline_policies.list", "not one that AWS takes", "Write a policy"),
    ),
    "eleven managed policies on a role": (
        roles(managed_policies=tuple(ARN.format(n) for n in range(11))),
        ("role-too-large", "access.roles.deploy", "11 managed policies", "iam-quotas"),
    ),
    "a permission set over its size": (
        permission_set(inline_policy=document(BIG)),
        ("permission-set-too-large", "access.permission_sets.developer", "the limit is 32,768", "split"),
    ),
    "a permission set over its size, white space aside": (
        permission_set(inline_policy=document(DENSE)),
        ("permission-set-too-large", "access.permission_sets.developer", "the limit is 10,240", "split"),
    ),
    "a permission set with a name too long": (
        access(permission_sets={"x" * 33: PermissionSet(name="x" * 33)}),
        ("permission-set-name", f"access.permission_sets.{'x' * 33}", "does not take this name", "up to 32"),
    ),
    "a permission set with a policy of one account": (
        permission_set(managed_policies=("arn:aws:iam::111122223333:policy/own",)),
        ("permission-set-policy", "access.permission_sets.developer.managed_policies", "AWS manages", "inline_policy"),
    ),
    "a permission set bounded by a policy of one account": (
        permission_set(permissions_boundary="arn:aws:iam::111122223333:policy/own"),
        ("permission-set-policy", "access.permission_sets.developer.permissions_boundary", "AWS manages", "inline"),
    ),
    "a trust policy over its size": (
        roles(trusts=tuple(TrustedRole(account=f"{number:012}", role="x" * 60) for number in range(1, 40))),
        ("role-too-large", "access.roles.deploy", "trust policy of a role", "limits"),
    ),
    "a managed policy that is no ARN": (
        roles(managed_policies=("ReadOnlyAccess",)),
        ("role-policy-arn", "access.roles.deploy.managed_policies", "ReadOnlyAccess", "arn:aws:iam::aws:policy"),
    ),
    "a boundary that is no ARN of a policy": (
        roles(permissions_boundary="arn:aws:iam::aws:role/Boundary"),
        ("role-policy-arn", "access.roles.deploy.permissions_boundary", "role/Boundary", "{{account.id}}"),
    ),
    "twenty-one managed policies in a permission set": (
        permission_set(managed_policies=tuple(ARN.format(n) for n in range(21))),
        ("permission-set-too-large", "access.permission_sets.developer", "21 managed policies", "split"),
    ),
    "a permission set for a day": (
        permission_set(session_duration=86400),
        ("permission-set-session", "access.permission_sets.developer.session", "86400 s", "1h to 12h"),
    ),
    "an assignment to a group that does not exist": (
        assigned(group="bilders"),
        ("unknown-group", "access.assignments[0].group", "no group 'bilders'", 'did you mean "builders"?'),
    ),
    "an assignment of a permission set that does not exist": (
        assigned(permission_set="develloper"),
        ("unknown-permission-set", "access.assignments[0].permission_set", "develloper", 'did you mean "developer"?'),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_the_plan_with_place_and_mend(case: str) -> None:
    wanted, (code, place, message, mend) = REFUSED[case]
    design = organization()
    design.configure(access=wanted)
    (found,) = [problem for problem in plan(design, Organization()).blocked if problem.code == code]
    assert place in found.where
    assert message in found.message
    assert mend in found.fix


def test_the_place_is_a_line_of_the_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "org.yaml").write_text(
        "orgkit: 1\n"
        "root:\n  accounts:\n    tools: {email: tools@company.com}\n"
        "access:\n  roles:\n    deploy:\n      to: [tools]\n      trusts: [{account: '*', role: anyone}]\n"
    )
    made = plan(load(tmp_path / "org.yaml"), Organization())
    (found,) = [problem for problem in made.blocked if problem.code == "role-trusts-everyone"]
    assert f"{tmp_path / 'org.yaml'}:9:" in found.where


def test_an_external_id_in_the_clear_is_refused_by_the_file_and_not_repeated(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "org.yaml").write_text(
        "orgkit: 1\naccess:\n  roles:\n    deploy:\n      to: [root]\n      external_id: hush-hush\n"
    )
    with pytest.raises(FileError, match=r"org\.yaml:6:20") as caught:
        load(tmp_path / "org.yaml")
    assert "hush" not in str(caught.value)
    assert "{env: NAME}" in str(caught.value)


def suspended(to: tuple[str, ...]) -> Plan:
    design = organization(roles={"deploy": deploy_role(to=to), "pipeline": pipeline_role()})
    live = as_live(organization())
    shop = live.account("shop")
    live.perform(Edit("suspend", (Replace(shop, replace(shop, state="SUSPENDED")),)))
    return plan(design, live)


def test_a_suspended_account_is_refused_where_it_is_named_and_left_out_where_its_ou_is() -> None:
    named = [problem for problem in suspended(("shop",)).blocked if problem.code == "account-not-active"]
    assert "SUSPENDED" in named[0].message
    by_ou = suspended(("Production",))
    assert not [problem for problem in by_ou.blocked if problem.code == "account-not-active"]
    assert any("left out, as the account is SUSPENDED" in problem.message for problem in by_ou.held)


def test_an_outsider_without_an_external_id_is_warned_of() -> None:
    outside = deploy_role(trusts=(TrustedRole(account="999988887777", role="theirs"),), external_id=None)
    made = plan(organization(roles={"deploy": outside}), Organization())
    assert not made.blocked
    assert "third-party-without-external-id" in {p.code for p in made.held if p.severity == "warning"}


def test_without_identity_center_the_rest_is_planned_and_what_to_do_is_said() -> None:
    made = plan(organization(), Organization())
    assert {"create_role", "create_account"} <= {step.kind for step in made.steps}
    assert not {"create_group", "assign"} & {step.kind for step in made.steps}
    (told,) = [problem for problem in made.held if problem.code == "identity-center-missing"]
    assert "Enable it once, in the console" in told.fix


def test_accounts_that_were_not_looked_into_are_left_as_they_are() -> None:
    made = plan(organization(), as_live(organization()))
    assert made.empty
    assert {problem.code for problem in made.held} == {"roles-not-read", "identity-center-missing"}


def test_principals_are_written_in_the_partition_of_the_organization() -> None:
    design = organization(roles={"deploy": deploy_role(managed_policies=("arn:aws:iam::aws:policy/ReadOnlyAccess",))})
    design.configure(partition="aws-cn")
    steps = {step.id: step for step in plan(design, Organization()).steps}
    trust = steps["create_role:deploy in Production/shop"].parameters["AssumeRolePolicyDocument"]
    assert '"arn:aws-cn:iam::{{account.tools.id}}:role/pipeline"' in trust
    attached = steps["attach_role_policy:ReadOnlyAccess of deploy in Production/shop"].parameters["PolicyArn"]
    assert attached == "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"


def test_a_role_waits_for_its_account_its_place_and_the_role_it_trusts() -> None:
    made = plan(organization(), Organization())
    role = "create_role:deploy in Production/shop"
    before = {step for step, after, kind in made.edges if after == role and kind == "needs"}
    assert {
        "create_account:shop@company.com",
        "create_account:tools@company.com",
        "move_account:shop@company.com",
        "create_role:pipeline in tools",
    } <= before


def deny(action: str, *, condition: dict[str, object] | None = None) -> dict[str, object]:
    statement: dict[str, object] = {"Sid": "NoRoles", "Effect": "Deny", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


def guarded(document: dict[str, object]) -> Plan:
    design = organization()
    design.add_policy("no-roles", document, type=SCP)
    design.attach("no-roles", "Production")
    return plan(design, Organization())


def test_a_call_that_the_guardrails_stop_is_refused_in_the_plan() -> None:
    stopped = [problem for problem in guarded(deny("iam:CreateRole")).blocked if problem.code == "call-stopped"]
    assert [problem.where for problem in stopped] == ["Production/shop", "Production/stock"]
    assert "would stop iam:CreateRole by OrganizationAccountAccessRole" in stopped[0].message


def test_the_role_that_makes_the_call_may_be_exempt() -> None:
    exempt = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}
    assert not guarded(deny("iam:*", condition=exempt)).blocked


ROLE = "arn:aws:iam::*:role/"


@pytest.mark.parametrize(
    ("action", "changed", "stopped"),
    [
        ("iam:CreateRole", {"Resource": f"{ROLE}deploy"}, True),
        ("iam:CreateRole", {"Resource": f"{ROLE}other"}, False),
        ("iam:PutRolePolicy", {"Resource": f"{ROLE}dep*"}, True),
        ("iam:PutRolePolicy", {"NotResource": f"{ROLE}dep*"}, False),
        ("iam:CreateRole", {"Condition": {"Null": {"iam:PermissionsBoundary": "true"}}}, True),
        ("iam:CreateRole", {"Condition": {"Null": {"aws:RequestTag/Owner": "true"}}}, True),
        ("iam:CreateRole", {"Condition": {"StringEquals": {"aws:RequestTag/Team": "platform"}}}, True),
        ("iam:CreateRole", {"Condition": {"Null": {"aws:RequestTag/Team": "true"}}}, False),
        ("iam:CreateRole", {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "Team"}}}, True),
        ("iam:*", {"Condition": {"BoolIfExists": {"aws:ViaAWSService": "true"}}}, False),
        ("iam:*", {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
    ],
)
def test_what_the_call_itself_says_is_certain(action: str, changed: dict[str, object], stopped: bool) -> None:
    document = deny(action)
    (statement,) = document["Statement"]  # type: ignore[misc]
    if "NotResource" in changed:
        del statement["Resource"]
    statement |= changed
    made = guarded(document)
    assert "call-stopped" not in {problem.code for problem in made.held}
    found = {problem.where for problem in made.blocked if problem.code == "call-stopped"}
    assert found == ({"Production/shop", "Production/stock"} if stopped else set())


def test_a_role_that_stands_is_known_with_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    design = organization()
    guard = {**deny("iam:*"), "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": f"{ROLE}delivery/*"}]}
    with connect("sandbox") as target:
        first = plan(design, read(target))
        apply(first, target, approve=first.digest)
        iam = target.client("iam", account="shop")
        trust = iam.get_role(RoleName="deploy")["Role"]["AssumeRolePolicyDocument"]
        iam.delete_role_policy(RoleName="deploy", PolicyName="deployment")
        iam.delete_role(RoleName="deploy")
        iam.create_role(RoleName="deploy", Path="/delivery/", AssumeRolePolicyDocument=json.dumps(trust))
        design.add_policy("guard", guard, type=SCP)
        design.attach("guard", "Production")
        made = plan(design, read(target))
    assert {problem.where for problem in made.blocked} == {"Production/shop"}
    assert "call-stopped" not in {problem.code for problem in made.held}


def test_a_call_that_turns_on_something_unknown_is_told() -> None:
    made = guarded(deny("iam:CreateRole", condition={"StringNotEquals": {"aws:PrincipalTag/may": "yes"}}))
    assert not made.blocked
    assert any("aws:PrincipalTag/may" in problem.fix for problem in made.held if problem.code == "call-stopped")


def test_a_placeholder_in_a_policy_of_a_person_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_EXTERNAL_ID", "shared-handshake")
    monkeypatch.setenv("SOMETHING_ELSE", "not-for-aws")
    prying = {**DEPLOY, "Id": "{{secret.env.SOMETHING_ELSE}}"}
    design = organization(roles={"deploy": deploy_role(inline_policies={"x": document(prying)})})
    from orgkit.provision import apply

    with connect("sandbox") as target:
        made = plan(design, read(target))
        apply(made, target, approve=made.digest)
        got = target.client("iam", account="shop").get_role_policy(RoleName="deploy", PolicyName="x")
    assert got["PolicyDocument"]["Id"] == "{{secret.env.SOMETHING_ELSE}}"


def test_policies_are_compared_by_what_they_say() -> None:
    one = {"Statement": {"Effect": "Allow", "Action": ["b", "a"], "Resource": ["*"]}}
    other = {"Statement": [{"Effect": "Allow", "Action": ["a", "b"], "Resource": "*"}]}
    assert plain_policy(one) == plain_policy(other)
    assert plain_policy(one) != plain_policy({"Statement": {**one["Statement"], "Action": "a"}})


def test_what_was_found_of_roles_adds_up() -> None:
    role = LiveRole(trust={})
    everything = LiveRoles(roles={"1": {"a": role, "b": role}}, looked_at={"1": None})
    again = LiveRoles(roles={"1": {"a": replace(role, max_session=7200)}}, looked_at={"1": frozenset({"a", "c"})})
    both = everything.and_also(again)
    assert both.knows("1", "z")
    assert {name: one.max_session for name, one in both.roles["1"].items()} == {"a": 7200, "b": 3600}
    gone = everything.and_also(LiveRoles(roles={"1": {}}, looked_at={"1": frozenset({"b"})}))
    assert set(gone.roles["1"]) == {"a"}


def test_a_role_for_everybody_in_an_ou_is_one_role_a_account() -> None:
    everywhere = Role(name="audit", to=("root", "tools"), trusted_services=("config.amazonaws.com",))
    made = plan(organization(roles={"audit": everywhere}), Organization())
    steps = [step for step in made.steps if step.kind == "create_role"]
    assert sorted(step.place for step in steps) == ["Production/shop", "Production/stock", "management", "tools"]
    assert any("management account" in note for step in steps for note in step.notes)


def test_more_managed_policies_than_a_role_takes_are_warned_of() -> None:
    wanted = permission_set(managed_policies=tuple(ARN.format(n) for n in range(11)))
    design = organization()
    design.configure(access=wanted)
    made = plan(design, Organization())
    assert not made.blocked
    (found,) = [problem for problem in made.held if problem.code == "permission-set-over-role-quota"]
    assert found.severity == "warning" and "role_managed_policies" in found.fix
    design.configure(limits={"role_managed_policies": 20})
    assert "permission-set-over-role-quota" not in {problem.code for problem in plan(design, Organization()).held}
