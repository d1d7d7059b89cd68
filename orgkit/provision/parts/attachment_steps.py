"""Steps that attach policies and detach them, FullAWSAccess included."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from orgkit.design import FULL_AWS_ACCESS, RCP, SCP, Policy, Target
from orgkit.provision.parts.organization_steps import enabled_types
from orgkit.provision.parts.policy_steps import effect_of_attaching, effect_of_detaching
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import GUARDING

FULL_ACCESS = references.policy(f"{SCP}/{FULL_AWS_ACCESS.name}")


def plan_attachments(draft: Draft) -> None:
    """Attach what a written list names and detach what it does not; a list that is not written is left alone."""
    enabled = enabled_types(draft)
    draft.ids[FULL_ACCESS] = str(FULL_AWS_ACCESS.aws_id)
    for target, _ in draft.design.tree():
        owner = draft.left_to(target.id)
        if owner is None:
            _plan_target(draft, target, enabled)
        elif _differs(draft, target):
            draft.leave_to(owner, draft.place(target.id), "what is attached to it is not as designed")


def _differs(draft: Draft, target: Target) -> bool:
    """Whether something that exists has other policies than the list that is written for it."""
    now = draft.match.live.get(target.id)
    if now is None or "policies" not in target.declared:
        return False
    wanted = {draft.match.live.get(policy.id) for policy in draft.design.attached(target.id, implied=False)}
    has = {policy.id for policy in draft.live.attached(now, implied=False)}
    return wanted != has or target.full_aws_access != draft.live.target(now).full_aws_access


def _plan_target(draft: Draft, target: Target, enabled: frozenset[str]) -> None:
    """Bring what is attached to one target from what AWS has to what the design has."""
    node = target.id
    now = draft.match.live.get(node)
    live = list(draft.live.attached(now, implied=False)) if now is not None else []
    listed = list(draft.design.attached(node, implied=False))
    managed = "policies" in target.declared or bool(listed)
    has_full = draft.live.target(now).full_aws_access if now is not None else True
    wants_full = target.full_aws_access if managed or "full_aws_access" in target.declared else has_full
    if node in draft.recreated:
        # A new OU begins with FullAWSAccess alone; what the design does not speak of comes along.
        missing = [(p, draft.ref(p.id)) for p in listed] if managed else [(p, draft.live_ref(p.id)) for p in live]
        extra: list[Policy] = []
        has_full = True
    else:
        have = {policy.id for policy in live}
        missing = [(p, draft.ref(p.id)) for p in listed if draft.match.live.get(p.id) not in have]
        kept = {draft.match.live.get(policy.id) for policy in listed}
        extra = [p for p in live if p.id not in kept] if managed else []
        if not managed and live:
            names = ", ".join(policy.name for policy in live)
            draft.leave(draft.place(node), f"attached policies: {names}", "Write `policies:` to manage them.")
    missing = [(policy, ref) for policy, ref in missing if not _foreign(draft, target, policy, "attached to")]
    extra = [policy for policy in extra if not _foreign(draft, target, policy, "detached from")]
    extra = _without_last_guardrails(draft, target, extra, live, [policy for policy, _ in missing])
    if SCP in enabled and wants_full != has_full:
        full = (FULL_AWS_ACCESS, references.written(FULL_ACCESS))
        if wants_full:
            missing.insert(0, full)
        else:
            _refuse_last_scp(draft, target, [*live, *(policy for policy, _ in missing)], extra)
            extra.append(FULL_AWS_ACCESS)
    taken = Counter(policy.type for policy in live) if node not in draft.recreated else Counter()
    taken[SCP] += has_full
    taken[RCP] += RCP in enabled  # RCPFullAWSAccess, which is always there
    _write(draft, target, missing, extra, taken, enabled)


def _foreign(draft: Draft, target: Target, policy: Policy, verb: str) -> bool:
    """Whether a policy, of the design or live, is somebody else's to attach and detach, which is said."""
    of_design = policy.id in draft.design and draft.design.entity(policy.id) is policy
    owner = draft.left_to(policy.id) if of_design else draft.live_left_to(policy.id)
    if owner is None:
        return False
    place = draft.place(target.id)
    draft.leave_to(owner, place, f"{policy.name} would have to be {verb} it")
    return True


def _without_last_guardrails(
    draft: Draft, target: Target, extra: list[Policy], live: list[Policy], missing: list[Policy]
) -> list[Policy]:
    """Those of `extra` that may go: the last guardrail of a kind stays until somebody names it."""
    now = draft.match.live.get(target.id)
    going = []
    for policy in extra:
        stays = any(p.type == policy.type and p not in extra for p in live)
        arrives = any(p.type == policy.type for p in missing)
        named = policy.id in draft.removals.policies or (policy.id, now) in draft.removals.detach
        if policy.type in GUARDING and not (stays or arrives or named):
            place = draft.place(target.id)
            draft.hold(
                "last-guardrail",
                place,
                f"{policy.name} stays attached: nothing else of type {policy.type} would be left there",
                f"To detach it, name it: detach:{policy.handle}@{place}",
                severity="warning",
            )
        else:
            going.append(policy)
    return going


def _refuse_last_scp(draft: Draft, target: Target, having: Iterable[Policy], going: list[Policy]) -> None:
    if not any(policy.type == SCP and policy not in going for policy in having):
        draft.block(
            "last-scp",
            draft.design.where(target.id),
            "FullAWSAccess cannot be detached: no service control policy would be left, and AWS wants one",
            "Attach a policy that allows what is needed, or leave out full_aws_access: false.",
        )


def _write(
    draft: Draft,
    target: Target,
    missing: list[tuple[Policy, str]],
    extra: list[Policy],
    taken: Counter[str],
    enabled: frozenset[str],
) -> None:
    """Add the steps: attach first, then detach; where no slot is free, detach to make room."""
    attached: dict[str, list[str]] = defaultdict(list)
    detached: dict[str, list[str]] = defaultdict(list)
    for policy, reference in missing:
        attached[policy.type].append(_attach(draft, target, policy, reference, enabled))
    for policy in extra:
        detached[policy.type].append(_detach(draft, target, policy))
    for kind, steps in attached.items():
        _check_slots(draft, target, kind, taken[kind] + len(steps) - len(detached.get(kind, ())))
    for kind, steps in detached.items():
        free = max(0, draft.quotas[f"attached.{kind}"] - taken[kind])
        first, late = attached[kind][:free], attached[kind][free:]
        draft.after += [(step, before) for step in steps for before in first]
        draft.after += [(step, steps[min(number, len(steps) - 1)]) for number, step in enumerate(late)]


def _check_slots(draft: Draft, target: Target, kind: str, count: int) -> None:
    """What stays attached though the design's list lacks it takes a slot too."""
    quota = draft.quotas.quota(f"attached.{kind}")
    if count > quota.value:
        draft.block(
            "too-many-attached",
            draft.design.where(target.id),
            f"{count} policies of type {kind} would be attached, with those that stay; the limit is {quota.value}",
            f"Attach fewer, or name which of them to detach ({quota.source}).",
        )


def _attach(draft: Draft, target: Target, policy: Policy, reference: str, enabled: frozenset[str]) -> str:
    place = draft.place(target.id)
    if policy.type not in enabled:
        draft.block(
            "policy-type-disabled",
            draft.design.where(target.id),
            f"{policy.name} cannot be attached: {policy.type} is not enabled",
            f"Add {policy.type} to policy_types.",
        )
    enable = f"enable_policy_type:{policy.type}"
    step = draft.add(
        "attach_policy",
        f"{policy.type}/{policy.name} to {place}",
        f"attach {policy.name} to {place}",
        place=place,
        why="AWS's own, which the design has at every level" if policy.aws_managed else "",
        parameters={"PolicyId": reference, "TargetId": draft.ref(target.id)},
        effect=effect_of_attaching(policy),
        part_of=draft.part_of(target.id),
        after=[enable] if enable in draft.steps else [],
    )
    draft.touches[step] = (draft.ref(target.id),)
    return step


def _detach(draft: Draft, target: Target, policy: Policy) -> str:
    place = draft.place(target.id)
    enable = f"enable_policy_type:{policy.type}"
    implied = policy.aws_managed
    step = draft.add(
        "detach_policy",
        f"{policy.type}/{policy.name} from {place}",
        f"detach {policy.name} from {place}",
        place=place,
        why="full_aws_access is false in the design" if implied else "the design's list is complete without it",
        parameters={
            "PolicyId": references.written(FULL_ACCESS) if implied else draft.live_ref(policy.id),
            "TargetId": draft.ref(target.id),
        },
        effect=effect_of_detaching(policy),
        part_of=draft.part_of(target.id),
        after=[enable] if enable in draft.steps else [],
    )
    draft.touches[step] = (draft.ref(target.id),)
    return step
