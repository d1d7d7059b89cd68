"""The steps of a plan as a person thinks of them: what they belong to, and what to look at before all else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from orgkit.provision.planning.steps import WEAKENS

if TYPE_CHECKING:
    from orgkit.design import Problem
    from orgkit.provision import Plan
    from orgkit.provision.planning.steps import Step

ORGANIZATION, POLICIES, MOVES, TREE = "Organization", "Policies", "OU moves", "Tree"
ACCESS, SECURITY, LOGGING = "Access", "Security services", "Logging"
BASELINES, SETTINGS, BILLING = "Baselines", "Account settings", "Budgets and cost tags"
TOPICS: Final = (ORGANIZATION, POLICIES, MOVES, TREE, ACCESS, SECURITY, LOGGING, BASELINES, SETTINGS, BILLING)

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ORGANIZATION: "create_organization enable_trusted_access disable_trusted_access enable_policy_type "
        "disable_policy_type register_delegated_administrator deregister_delegated_administrator",
        POLICIES: "create_policy update_policy delete_policy",
        TREE: "create_ou rename_ou delete_ou create_account rename_account move_account remove_account close_account "
        "attach_policy detach_policy tag untag put_contact",
        ACCESS: "create_role update_role update_role_trust put_role_boundary attach_role_policy put_role_policy "
        "detach_role_policy delete_role_policy delete_role_boundary tag_role untag_role delete_role "
        "create_group update_group delete_group create_permission_set update_permission_set delete_permission_set "
        "attach_managed_policy put_permission_set_policy put_permission_set_boundary detach_managed_policy "
        "delete_permission_set_policy delete_permission_set_boundary provision_permission_set assign unassign",
        SECURITY: "enable_ram_sharing set_guardduty_administrator enable_guardduty set_guardduty_members "
        "set_securityhub_administrator enable_securityhub set_securityhub_members remove_root_credentials "
        "enable_root_credentials_management enable_root_sessions",
        LOGGING: "create_log_bucket set_bucket_versioning set_bucket_object_lock set_bucket_encryption "
        "set_bucket_ownership set_bucket_public_access_block set_bucket_lifecycle set_bucket_policy create_trail "
        "update_trail start_trail create_service_linked_role put_config_recorder put_delivery_channel "
        "start_config_recorder put_config_aggregator create_service_role",
        BASELINES: "activate_stack_sets create_stack_set update_stack_set create_stack_instances "
        "update_stack_instances delete_stack_instances delete_stack_set",
        SETTINGS: "set_password_policy encrypt_ebs block_public_s3",
        BILLING: "create_budget update_budget delete_budget set_cost_tags",
    }
)
TOPIC_OF: Final = {kind: topic for topic, kinds in _KINDS.items() for kind in kinds.split()}
# What AWS gives no way back from; what is made again has another id.
GONE: Final = frozenset(
    {
        *("close_account", "remove_account", "delete_ou", "delete_policy", "delete_role", "delete_group"),
        *("delete_permission_set", "delete_budget", "delete_stack_set", "delete_stack_instances"),
        *("disable_policy_type", "remove_root_credentials"),
    }
)
FOR_GOOD: Final = frozenset({"create_account"})
_ALIKE: Final = 3  # steps of a kind that stand together under one row


@dataclass(slots=True)
class Group:
    """A row of the tree of steps: what is below it by name, its own steps, and how many there are in all."""

    id: str
    label: str
    steps: list[Step] = field(default_factory=list)
    below: dict[str, Group] = field(default_factory=dict)
    count: int = 0

    def child(self, key: str, label: str) -> Group:
        """The group of that key below this one, made where it is not there yet."""
        if key not in self.below:
            self.below[key] = Group(f"{self.id}/{key}", label)
        return self.below[key]

    def all_steps(self) -> Iterator[Step]:
        """Every step in it, its own first."""
        yield from self.steps
        for group in self.below.values():
            yield from group.all_steps()


def grouped(steps: Iterable[Step]) -> list[Group]:
    """Steps by topic; those of the tree by OU and account, moves of OUs each as one, what is alike together."""
    topics = {topic: Group(topic, topic) for topic in TOPICS}
    for step in steps:
        path = [topics[MOVES if step.part_of else TOPIC_OF.get(step.kind, ORGANIZATION)]]
        if step.part_of:
            path.append(path[0].child(step.part_of, step.part_of))
        elif path[0].id == TREE:
            for name in step.place.split("/"):
                path.append(path[-1].child(name, name))
        for group in path:
            group.count += 1
        path[-1].steps.append(step)
    return [_alike_together(group) for group in topics.values() if group.count]


def _alike_together(group: Group) -> Group:
    """Within a topic beside the tree, a row for each kind of which there are several."""
    if group.id in (TREE, MOVES):
        return group
    kinds = Counter(step.kind for step in group.steps)
    if len(kinds) == 1:
        return group
    several = [step for step in group.steps if kinds[step.kind] >= _ALIKE]
    group.steps = [step for step in group.steps if kinds[step.kind] < _ALIKE]
    for step in several:
        below = group.child(step.kind, in_words(step.kind))
        below.steps.append(step)
        below.count += 1
    return group


def in_words(kind: str) -> str:
    """`attach_policy` as a person says it."""
    return _SAID.get(kind, kind.replace("_", " "))


_SAID: Final = {
    "create_ou": "create OU",
    "rename_ou": "rename OU",
    "delete_ou": "delete OU",
    "assign": "assign permission sets",
    "unassign": "take permission sets away",
    "encrypt_ebs": "encrypt EBS volumes",
    "block_public_s3": "block public access to S3",
    "enable_guardduty": "switch GuardDuty on",
    "set_guardduty_administrator": "let an account administer GuardDuty",
    "set_guardduty_members": "have GuardDuty on in all accounts",
    "enable_securityhub": "switch Security Hub on",
    "set_securityhub_administrator": "let an account administer Security Hub",
    "set_securityhub_members": "have Security Hub on in all accounts",
    "enable_ram_sharing": "share resources within the organization",
}


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to look at before all else: problems, or groups of steps with what is to be said of them."""

    key: str
    label: str
    tone: str
    note: str = ""
    problems: tuple[Problem, ...] = ()
    steps: tuple[tuple[str, str, tuple[Step, ...]], ...] = ()  # what is said, why, and the steps it is said of

    @property
    def count(self) -> int:
        return len(self.problems) or sum(len(steps) for _, _, steps in self.steps)


class Concerns:
    """What a reviewer should see first of a plan, the worst before the rest."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @cached_property
    def all(self) -> tuple[Concern, ...]:
        plan = self._plan
        locked = tuple(p for p in plan.blocked if p.code.endswith("locked-out"))
        refused = tuple(p for p in plan.blocked if not p.code.endswith("locked-out"))
        found = (
            Concern("refused", "Refused, so that nothing can be applied", "error", problems=refused),
            Concern("locked", "Would lock out", "error", problems=locked),
            Concern("exposed", "Less guarded for a while", "warning", steps=tuple(self._exposures())),
            self._of_kinds("gone", "Deletes, closes or removes", "warning", "There is no way back.", GONE),
            Concern(
                "weaker",
                "Takes guardrails away",
                "warning",
                steps=self._each(step for step in plan.steps if step.effect == WEAKENS and step.kind not in GONE),
            ),
            self._of_kinds(
                "accounts",
                "Creates accounts",
                "",
                "An account can be closed, not taken back; its email address is used up.",
                FOR_GOOD,
            ),
            Concern("notes", "Worth knowing", "", steps=tuple(self._notes())),
        )
        return tuple(concern for concern in found if concern.count)

    def _of_kinds(self, key: str, label: str, tone: str, note: str, kinds: frozenset[str]) -> Concern:
        return Concern(key, label, tone, note, steps=self._each(s for s in self._plan.steps if s.kind in kinds))

    def _each(self, steps: Iterable[Step]) -> tuple[tuple[str, str, tuple[Step, ...]], ...]:
        return tuple((step.text, step.why, (step,)) for step in steps)

    def _exposures(self) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
        """Exposures that are told in the same words together, with the steps that end them."""
        alike: dict[tuple[str, str], list[Step]] = defaultdict(list)
        for exposure in self._plan.exposures:
            step = self._plan.steps[self._plan.number(exposure.until) - 1]
            alike[exposure.message, exposure.reason].append(step)
        for (message, reason), steps in alike.items():
            yield message, reason, tuple(steps)

    def _notes(self) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
        alike: dict[str, list[Step]] = defaultdict(list)
        for step in self._plan.steps:
            for note in step.notes:
                alike[note].append(step)
        for note, steps in alike.items():
            yield note, "", tuple(steps)
