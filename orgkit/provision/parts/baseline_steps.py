"""Steps about baselines: stack sets and their instances; pure, from facts to facts.

A service-managed stack set goes to OUs, and AWS deploys it to accounts that join them; a self-managed one goes to
accounts, through a role in each, and every plan adds the accounts that joined since.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from orgkit.cloud.looking import CANNOT
from orgkit.cloud.looks import placed, regions_of
from orgkit.cloud.read_baselines import ADMINISTRATION_ROLE
from orgkit.design import Account
from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.sections import Baseline
from orgkit.provision.parts.account_settings_steps import plan_account_settings
from orgkit.provision.parts.baseline_removals import SELF, take_out
from orgkit.provision.parts.baseline_rules import check_baseline
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.places import Place, needs_trust, place_of, unread

PART: Final = "baselines"
STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"
# As AWS calls its own, in every account that a service-managed stack set goes to.
STACK_SET_ROLE: Final = "stacksets-exec-0123456789abcdef0123456789abcdef"
_CURRENT: Final = "CURRENT"


def plan_baselines(draft: Draft) -> None:
    """Make every stack set, its instances and the account settings as designed."""
    if not draft.design.settings.baselines or unread(draft, PART):
        return
    facts: Mapping[str, Any] = draft.live.surroundings.get(PART, {})
    for baseline in draft.design.settings.baselines.values():
        mine = facts.get(baseline.name, {})
        places = _places(draft, baseline)
        if baseline.template is not None and check_baseline(draft, baseline):
            roles = _administration(draft, baseline, facts.get("(administration role)"))
            _stack_set(draft, baseline, mine.get("stack_set"), places, roles)
            _skipped(draft, baseline)
        if baseline.settings is not None:
            plan_account_settings(draft, baseline, mine.get("settings", {}), places)


def role_of(baseline: Baseline) -> str:
    """The role that carries a baseline out in an account."""
    if baseline.permission_model == SELF:
        return baseline.role or ACCESS_ROLE
    return STACK_SET_ROLE


def _where(baseline: Baseline) -> str:
    return f"baselines.{baseline.name}"


def _places(draft: Draft, baseline: Baseline) -> dict[str, Place]:
    """Where a baseline goes, by node of the design."""
    accounts = placed(draft.design, baseline)
    found = {account.id: place_of(draft, account, f"baseline {baseline.name}") for account in accounts}
    return {node: place for node, place in found.items() if place is not None}


def _administration(draft: Draft, baseline: Baseline, now: Mapping[str, Any] | None) -> list[str]:
    """What has to stand before a stack set: the role that assumes others, or trusted access."""
    where = _where(baseline)
    if baseline.permission_model != SELF:
        if not needs_trust(draft, STACK_SETS, "a service-managed stack set", where):
            return []
        trusted = f"enable_trusted_access:{STACK_SETS}"
        if trusted not in draft.steps or "cloudformation:ActivateOrganizationsAccess" in _cannot(draft):
            return [trusted]
        text = "let stack sets of the service work in the organization"
        parameters = {"Region": draft.design.settings.home_region}
        return [
            draft.add(
                "activate_stack_sets", "organization", text, place="management", parameters=parameters, after=[trusted]
            )
        ]
    role, step = role_of(baseline), f"create_service_role:{ADMINISTRATION_ROLE}/{role_of(baseline)}"
    policy = f"assume-{role}"
    by_hand = now is not None and role == "AWSCloudFormationStackSetExecutionRole"
    if step in draft.steps or by_hand or (now is not None and policy in now.get("policies", ())):
        return [step]
    partition = draft.design.settings.partition
    trust = _allow("sts:AssumeRole", Principal={"Service": "cloudformation.amazonaws.com"})
    assume = _allow("sts:AssumeRole", Resource=f"arn:{partition}:iam::*:role/{role}")
    return [
        draft.add(
            "create_service_role",
            f"{ADMINISTRATION_ROLE}/{role}",
            f"let stack sets assume {role} in accounts, through the role {ADMINISTRATION_ROLE}",
            place="management",
            parameters={
                "RoleName": ADMINISTRATION_ROLE,
                "Description": "Lets CloudFormation carry out self-managed stack sets",
                "AssumeRolePolicyDocument": json.dumps(trust),
                "Policy": {"PolicyName": policy, "PolicyDocument": json.dumps(assume)},
            },
        )
    ]


def _allow(action: str, **rest: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **rest}]}


# ---- the stack set -------------------------------------------------------------------------------


def _stack_set(
    draft: Draft, baseline: Baseline, now: Mapping[str, Any] | None, places: Mapping[str, Place], after: list[str]
) -> None:
    region = draft.design.settings.home_region
    parameters = _parameters(draft, baseline)
    logging = draft.design.settings.logging
    for one in logging.per_bucket() if logging is not None else ():
        if one.bucket in baseline.parameters.values():
            after = [*after, f"set_bucket_policy:{one.bucket}"]  # Config looks at the bucket before it delivers
    regions = regions_of(draft.design, baseline)
    if now is not None:
        ids = [draft.ids.get(draft.name(account.id)) for account in placed(draft.design, baseline)]
        wanted = [f"{account}/{region}" for account in ids for region in regions]
        after = [*after, *take_out(draft, baseline.name, now, wanted)]
    changed: list[str] = []
    if now is None:
        changed.append(
            draft.add(
                "create_stack_set",
                baseline.name,
                f"create the stack set {baseline.name}",
                place=baseline.name,
                why=baseline.description,
                parameters={"Region": region, **parameters, "PermissionModel": baseline.permission_model},
                after=after,
            )
        )
    elif different := _different(draft, baseline, now):
        if "permission model" in different:
            draft.block(
                "permission-model",
                draft.design.where(_where(baseline)),
                f"the stack set {baseline.name} is {now['permission_model']}, which cannot be changed",
                "Give the baseline another name, and delete the old stack set once the new one stands.",
            )
            return
        changed.append(
            draft.add(
                "update_stack_set",
                baseline.name,
                f"change the {' and the '.join(different)} of the stack set {baseline.name}, everywhere it stands",
                place=baseline.name,
                parameters={"Region": region, **parameters, "OperationPreferences": _preferences(baseline)},
                after=after,
            )
        )
    _instances(draft, baseline, (now or {}).get("instances", {}), places, [*after, *changed], fresh=bool(changed))


def _parameters(draft: Draft, baseline: Baseline) -> dict[str, Any]:
    text = getattr(baseline.template, "content", "")
    found: dict[str, Any] = {
        "StackSetName": baseline.name,
        "TemplateBody": text,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in sorted(baseline.parameters.items())
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    if baseline.description:
        found["Description"] = baseline.description
    if baseline.permission_model == SELF:
        management = draft.design.management
        if management is not None:
            partition = draft.design.settings.partition
            arn = f"arn:{partition}:iam::{draft.ref(management.id)}:role/{ADMINISTRATION_ROLE}"
            found |= {"AdministrationRoleARN": arn, "ExecutionRoleName": role_of(baseline)}
    else:
        found["AutoDeployment"] = {"Enabled": baseline.auto_deployment}
        if baseline.auto_deployment:
            found["AutoDeployment"]["RetainStacksOnAccountRemoval"] = False
    return found


def _different(draft: Draft, baseline: Baseline, now: Mapping[str, Any]) -> list[str]:
    """What of a stack set is not as designed; what AWS hides (NoEcho) or does not tell is not compared."""
    found = []
    if now["permission_model"] != baseline.permission_model:
        found.append("permission model")
    if (now["template"] or "").strip() != getattr(baseline.template, "content", "").strip():
        found.append("template")
    stands = {key: value for key, value in now["parameters"].items() if value != "****"}
    wanted = {key: references.bind_known(value, draft.ids) for key, value in baseline.parameters.items()}
    if any(stands.get(key, value) != value or key not in now["parameters"] for key, value in wanted.items()):
        found.append("parameters")
    if baseline.description and now["description"] != baseline.description:
        found.append("description")
    if baseline.permission_model == SELF and now["execution_role"] not in (None, role_of(baseline)):
        found.append("role")
    if baseline.permission_model != SELF and now["auto_deployment"] not in (None, baseline.auto_deployment):
        found.append("automatic deployment")
    return found


def _preferences(baseline: Baseline) -> dict[str, Any]:
    """AWS takes at most one more account at a time than may fail."""
    at_a_time = min(baseline.max_concurrent, baseline.failure_tolerance + 1)
    return {"MaxConcurrentCount": at_a_time, "FailureToleranceCount": baseline.failure_tolerance}


# ---- its instances -------------------------------------------------------------------------------


def _instances(
    draft: Draft,
    baseline: Baseline,
    now: Mapping[str, str],
    places: Mapping[str, Place],
    after: list[str],
    *,
    fresh: bool,
) -> None:
    """Add the instances that are missing and repeat those that failed."""
    regions = list(regions_of(draft.design, baseline))
    missing: list[str] = []
    broken: list[str] = []
    for node in places:
        account = draft.ids.get(draft.name(node))
        mine = [f"{account}/{region}" for region in regions]
        states = [now.get(key) for key in mine]
        if None in states:
            missing.append(node)
        elif any(state != _CURRENT for state in states) and not fresh:
            broken.append(node)
            what = ", ".join(f"{key}: {now[key]}" for key in mine if now[key] != _CURRENT)
            draft.hold("instance-status", draft.place(node), f"stack set {baseline.name}, {what}", "It is repeated.")
    existing = [node for node in missing if draft.name(node) in draft.ids]
    new = [node for node in missing if draft.name(node) not in draft.ids]
    for nodes, word in ((existing, "existing"), (new, "new")):
        if nodes:
            after = [*after, _add(draft, baseline, nodes, regions, places, after, word)]
    if broken:
        _repeat(draft, baseline, broken, regions, after)


def _add(
    draft: Draft,
    baseline: Baseline,
    nodes: list[str],
    regions: list[str],
    places: Mapping[str, Place],
    after: Sequence[str],
    word: str,
) -> str:
    names = [places[node].name for node in nodes]
    return draft.add(
        "create_stack_instances",
        f"{baseline.name}/{word}",
        f"put {baseline.name} into {_listed(names)} ({', '.join(regions)})",
        place=baseline.name,
        why=f"{baseline.max_concurrent} at a time; {baseline.failure_tolerance} may fail",
        parameters={
            "Region": draft.design.settings.home_region,
            "StackSetName": baseline.name,
            **_targets(draft, baseline, nodes),
            "Regions": regions,
            "OperationPreferences": _preferences(baseline),
        },
        after=[*after, *(step for node in nodes for step in places[node].after)],
        reaches=[] if baseline.permission_model == SELF else [draft.name(node) for node in nodes],
    )


def _repeat(draft: Draft, baseline: Baseline, nodes: list[str], regions: list[str], after: Sequence[str]) -> None:
    draft.add(
        "update_stack_instances",
        baseline.name,
        f"repeat {baseline.name} in {_listed([draft.place(node) for node in nodes])}, where it is not current",
        place=baseline.name,
        parameters={
            "Region": draft.design.settings.home_region,
            "StackSetName": baseline.name,
            **_targets(draft, baseline, nodes),
            "Regions": regions,
            "OperationPreferences": _preferences(baseline),
        },
        after=after,
        reaches=[] if baseline.permission_model == SELF else [draft.name(node) for node in nodes],
    )


def _targets(draft: Draft, baseline: Baseline, nodes: list[str]) -> dict[str, Any]:
    """Accounts, or the OUs of the design that hold these accounts; AWS leaves instances that stand as they are."""
    if baseline.permission_model == SELF:
        return {"Accounts": [_id(draft, draft.design.account(node)) for node in nodes]}
    above = {node for account in nodes for node in draft.design.chain(account)}
    named = [draft.design.find(name, "root", "ou", "account") for name in baseline.to]
    return {"DeploymentTargets": {"OrganizationalUnitIds": [draft.ref(node) for node in named if node in above]}}


def _id(draft: Draft, account: Account) -> str:
    return draft.ref(account.id)


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more accounts"


# ---- what an embedded AWS leaves out -------------------------------------------------------------


def _cannot(draft: Draft) -> tuple[str, ...]:
    return tuple(draft.live.surroundings.get(CANNOT, ()))


def _skipped(draft: Draft, baseline: Baseline) -> None:
    from orgkit.design.template import read_template

    gone = [name.partition(":")[2] for name in _cannot(draft) if name.startswith("cloudformation:AWS::")]
    skipped = [
        f"{name} ({resource.type})"
        for name, resource in read_template(getattr(baseline.template, "content", "")).resources.items()
        if resource.type in gone
    ]
    if skipped:
        draft.hold(
            "not-in-the-sandbox",
            _where(baseline),
            f"the embedded AWS makes nothing of {', '.join(skipped)}; the other resources of the template are made",
            "AWS makes them.",
        )
