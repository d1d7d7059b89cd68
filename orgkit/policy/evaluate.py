"""One decision: service control policies over the caller's path, resource control policies over the resource's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orgkit.policy.compiled import Compiled, Document, Level, Named
from orgkit.policy.decision import Decision


def evaluate(
    levels: Sequence[Level | Iterable[Named | Document]],
    request: Mapping[str, Any],
    resource_levels: Sequence[Level | Iterable[Named | Document]] | None = None,
    partial: bool = False,
) -> Decision:
    """Decide whether guardrails stop a request, and say why.

    `levels` are lists of SCPs for the root, each OU and the account (`[]`: no SCP binds the caller, as in the
    management account); `resource_levels` the same with RCPs on the path of the resource's owner, None where none
    applies. `request` is a mapping with "action" ("s3:GetObject"), "resource" (an ARN, several, or left out),
    "principal" (an ARN, {"AWS": arn}, {"Service": name}, or left out) and "context" (key → text, number, boolean or a
    list; key names in any case; None for a key known to be absent). Context keys left out are absent, as in AWS; with
    `partial` they are unknown, and the answer is undetermined where it turns on them.

    Raises PolicyError for a policy that AWS would refuse, InputError for what is no request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """
    return Compiled(levels, resource_levels).evaluate(request, partial)
