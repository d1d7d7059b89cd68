"""What is live around the tree, in words, where a step would make it otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from orgkit.design import Organization
from orgkit.provision.parts.logging_steps import CONFIG_BUCKET, LOG_BUCKET
from orgkit.provision.planning.steps import Step

Words = Callable[[Step, Organization], str]


def _said(sentence: str) -> Words:
    """A sentence with `{place}`, `{region}` and parameters of the step in it."""

    def words(step: Step, live: Organization) -> str:
        name = step.place.rpartition("/")[2]
        given = {**{key: str(value) for key, value in step.parameters.items()}, "place": name, "path": step.place}
        return sentence.format_map({**given, "region": given.get("Region", ""), "why": step.why})

    return words


def _bucket(sentence: str) -> Words:
    """A sentence with `{bucket}`: the log bucket, or the one that Config has for itself."""

    def words(step: Step, live: Organization) -> str:
        called = CONFIG_BUCKET if CONFIG_BUCKET in step.text else LOG_BUCKET
        return _said(sentence.replace("{bucket}", called))(step, live)

    return words


def _delivery(step: Step, live: Organization) -> str:
    return f"{step.text.replace('have Config deliver', 'Config does not deliver')} as designed"


def _missing(step: Step, live: Organization) -> str:
    return f"{step.text.removeprefix('create ')} is missing"


def _otherwise(step: Step, live: Organization) -> str:
    """As in: the parameters of the stack set baseline: not as designed."""
    return f"{step.text.removeprefix('change ').partition(', everywhere')[0]}: not as designed"


def _members(step: Step, live: Organization) -> str:
    text = step.text.removeprefix("have ")
    return text.replace(" on in ", " is not on in ", 1).replace(" off in ", " is not off in ", 1)


def _because(step: Step, said: str) -> str:
    return f"{said}: {step.why}" if step.why else said


def _instances(step: Step, live: Organization) -> str:
    where = step.text.partition(" into ")[2]
    return f"stack set {step.place} is not in {where}"


def _role(said: str) -> Words:
    return lambda step, live: _because(
        step, f"role {step.parameters['RoleName']} in {step.place.rpartition('/')[2]} {said}"
    )


def _set(said: str) -> Words:
    return lambda step, live: f"permission set {step.place.removeprefix('access.permission_sets.')} {said}"


def _policy(step: Step) -> str:
    arn = step.parameters.get("ManagedPolicyArn") or step.parameters.get("PolicyArn") or ""
    return str(step.parameters.get("PolicyName") or arn.rpartition("/")[2])


def _assignment(step: Step, live: Organization) -> str:
    group, _, rest = step.text.removeprefix("let group ").partition(" be ")
    return f"group {group} is not {rest}"


AROUND: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "create_log_bucket": _bucket("{bucket} {Bucket} is missing"),
        "set_bucket_versioning": _bucket("{bucket} keeps no versions"),
        "set_bucket_object_lock": _bucket("{bucket} does not lock its objects as designed"),
        "set_bucket_encryption": _bucket("{bucket} has no default encryption"),
        "set_bucket_ownership": _bucket("{bucket} takes ACLs"),
        "set_bucket_public_access_block": _bucket("public access to {bucket} is not blocked"),
        "set_bucket_lifecycle": _bucket("logs in {bucket} do not expire as designed"),
        "set_bucket_policy": _bucket("the policy of {bucket} is another"),
        "create_trail": _said("the organization trail {Name} is missing"),
        "update_trail": _otherwise,
        "start_trail": _said("the trail {Name} is stopped"),
        "put_config_recorder": _said("Config does not record everything in the management account"),
        "put_delivery_channel": _delivery,
        "start_config_recorder": _said("Config's recorder in the management account is stopped"),
        "put_config_aggregator": _said("the aggregator {ConfigurationAggregatorName} does not cover the organization"),
        "create_service_role": _said("the role {RoleName} is missing, or may not do what it should"),
        "create_service_linked_role": _said("the service-linked role of {AWSServiceName} is missing"),
        "create_stack_set": _missing,
        "update_stack_set": _otherwise,
        "create_stack_instances": _instances,
        "update_stack_instances": lambda step, live: f"{step.text.removeprefix('repeat ')}",
        "set_password_policy": lambda step, live: _because(
            step, f"the password policy of {step.place.rpartition('/')[2]} is another"
        ),
        "encrypt_ebs": _said("new EBS volumes of {place} in {region} are not encrypted by default"),
        "block_public_s3": _said("public access to S3 is not blocked in {place}"),
        "set_guardduty_administrator": _said("{place} does not administer GuardDuty in {region}"),
        "enable_guardduty": _said("GuardDuty is off in {place} ({region})"),
        "set_guardduty_members": _members,
        "set_securityhub_administrator": _said("{place} does not administer Security Hub in {region}"),
        "enable_securityhub": _said("Security Hub is off in {place} ({region})"),
        "set_securityhub_members": _members,
        "enable_ram_sharing": _said("resources cannot be shared within the organization"),
        "enable_root_credentials_management": _said("root credentials of members are not looked after centrally"),
        "enable_root_sessions": _said("there are no privileged root sessions in member accounts"),
        "create_role": _said("role {RoleName} is missing in {place}"),
        "update_role": _role("is another"),
        "update_role_trust": _role("trusts others"),
        "put_role_boundary": _role("is bounded by another policy, or by none"),
        "delete_role_boundary": _role("is bounded"),
        "attach_role_policy": lambda step, live: _role(f"lacks {_policy(step)}")(step, live),
        "detach_role_policy": lambda step, live: _role(f"has {_policy(step)} attached")(step, live),
        "put_role_policy": lambda step, live: _role(f"has another policy {_policy(step)}, or none")(step, live),
        "delete_role_policy": lambda step, live: _role(f"has a policy {_policy(step)}")(step, live),
        "tag_role": _role("has other tags"),
        "untag_role": _role("has more tags"),
        "create_group": _missing,
        "update_group": lambda step, live: f"{step.text.removeprefix('describe ')} is described otherwise",
        "create_permission_set": _missing,
        "update_permission_set": lambda step, live: _because(step, _set("is another")(step, live)),
        "attach_managed_policy": lambda step, live: _set(f"lacks {_policy(step)}")(step, live),
        "detach_managed_policy": lambda step, live: _set(f"has {_policy(step)}")(step, live),
        "put_permission_set_policy": _set("has another inline policy, or none"),
        "delete_permission_set_policy": _set("has an inline policy"),
        "put_permission_set_boundary": _set("is bounded by another policy, or by none"),
        "delete_permission_set_boundary": _set("is bounded"),
        "provision_permission_set": _set("is an older version in accounts that have it"),
        "assign": _assignment,
    }
)
