"""What a stack set does in an account, judged by that account's guardrails as the role that carries it out.

CloudFormation calls on behalf of that role, so the guardrails bind it like anybody else; moto would let it pass.
The role is one of AWS's own (`stacksets-exec-…`) for a service-managed stack set, and that of the baseline otherwise.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-enable-trusted-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orgkit.cloud.looks import placed, regions_of
from orgkit.design import Account, Organization, Problem
from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.sections import Baseline, Lens
from orgkit.design.template import read_template
from orgkit.errors import DesignError, MissingExtra
from orgkit.guardrails.decide import decide
from orgkit.guardrails.survey import Shared, Survey
from orgkit.policy.catalogue import load_catalogue
from orgkit.provision.parts.baseline_removals import SELF
from orgkit.provision.parts.baseline_steps import STACK_SET_ROLE, role_of
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.simulation import Simulation
from orgkit.provision.planning.template_lint import needs_of

_MOST = 5
DELETION, _DELETE = "delete_stack_instances", "cloudformation:DeleteStack"
# What CloudFormation is asked for in an account, by the step that has it do so.
_STACK = {
    "create_stack_instances": "cloudformation:CreateStack",
    "update_stack_instances": "cloudformation:UpdateStack",
    "update_stack_set": "cloudformation:UpdateStack",
}


def judge_baselines(draft: Draft, order: tuple[str, ...]) -> tuple[list[Problem], list[Problem]]:
    """What stops the plan, and what to know: guardrails, as they are once it is carried out, against each baseline."""
    baselines = draft.design.settings.baselines.values()
    if draft.blocked or not order:
        return [], []
    deletions = list(_deletions(draft, order))
    if not any(baseline.template or baseline.actions for baseline in baselines):
        return deletions, []
    end = Simulation(draft)
    for step in order:
        end.perform(draft.steps[step])
    blocked: list[Problem] = []
    held: list[Problem] = []
    for baseline in baselines:
        for problem in _judged(draft, end, baseline, _reached(draft, order, baseline)):
            (blocked if problem.severity == "error" else held).append(problem)
    return [*deletions, *blocked], held


def _deletions(draft: Draft, order: tuple[str, ...]) -> Iterator[Problem]:
    """Stacks that could not be deleted under the guardrails of the moment in which that would be done."""
    if not any(draft.steps[name].kind == DELETION for name in order):
        return
    now, known = Simulation(draft), load_catalogue().expand(_DELETE)
    nodes = {draft.live_name(account.id): account.id for account in draft.live.accounts() if not account.management}
    for step in (draft.steps[name] for name in order):
        if step.kind == DELETION and not step.parameters["RetainStacks"]:
            stack_set = draft.live.surroundings["baselines"][step.place]["stack_set"]
            role = STACK_SET_ROLE
            if stack_set["permission_model"] == SELF:
                role = stack_set["execution_role"] or ACCESS_ROLE
            arn = f"arn:{draft.design.settings.partition}:iam::{{{{account.id}}}}:role/{role}"
            for region in step.parameters["Regions"]:
                lens = Lens(name=step.place, principal=arn, region=region)
                survey = Survey(now.org, lens, Shared())
                for name in {*references.named_in(step.parameters), *step.reaches} & nodes.keys():
                    account = now.org.account(nodes[name])
                    if survey.cell(account).blocked & known:
                        by = _by(now.org, account, _DELETE, lens)
                        yield Problem(
                            code="baseline-stopped",
                            severity="error",
                            where=now.org.path(account.id),
                            message=f"{by} would stop {_DELETE} in {region}, as the role {role}: the stack of "
                            f"{step.place} could not be deleted",
                            fix="Exempt that role in the policy, or write retain_stacks: true, which leaves the stack.",
                        )
        now.perform(step)


def _by(org: Organization, account: Account, action: str, lens: Lens) -> str:
    decision = decide(org, account.id, action, lens=lens)
    return next((reason.label for reason in decision.reasons if reason.effect == "Deny"), "its guardrails")


def _reached(draft: Draft, order: tuple[str, ...], baseline: Baseline) -> dict[str, set[str]]:
    """The accounts, by node of the design, that steps of this plan carry a baseline out in, and what stacks need."""
    nodes = {draft.name(account.id): account.id for account in placed(draft.design, baseline)}
    found: dict[str, set[str]] = {}
    for step in (draft.steps[name] for name in order):
        if step.place == baseline.name and step.kind in _STACK:
            named = [*references.named_in(step.parameters.get("Accounts", ())), *step.reaches]
            for name in nodes if step.kind == "update_stack_set" else named:
                if name in nodes:
                    found.setdefault(nodes[name], set()).add(_STACK[step.kind])
    return found


def _actions(baseline: Baseline, region: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The actions that a baseline certainly takes, and those it may take, each with the resource that takes it."""
    certain = dict.fromkeys(baseline.actions, "actions:")
    possible: dict[str, str] = {}
    text = getattr(baseline.template, "content", None)
    try:
        resources = read_template(text).resources if text else {}
        for name, resource in resources.items():
            needs = needs_of(resource.type, region, resource.properties)
            into = possible if resource.condition else certain
            into.update(dict.fromkeys(needs.certain, f"{name} ({resource.type})"))
            possible.update(dict.fromkeys(needs.possible, f"{name} ({resource.type})"))
    except (DesignError, MissingExtra):
        return certain, {}  # the plan says so where it looks at the template itself
    return certain, {action: by for action, by in possible.items() if action not in certain}


def _judged(draft: Draft, end: Simulation, baseline: Baseline, reached: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Where a step carries it out, what certainly stops it is an error; elsewhere it is told, and stops nothing."""
    certain, possible = _actions(baseline, regions_of(draft.design, baseline)[0])
    partition = draft.design.settings.partition
    role = f"arn:{partition}:iam::{{{{account.id}}}}:role/{role_of(baseline)}"
    known = load_catalogue()
    for region in regions_of(draft.design, baseline):
        lens = Lens(name=baseline.name, principal=role, region=region)
        survey = Survey(end.org, lens, Shared())
        for node, account in _accounts(draft, end, baseline):
            cell = survey.cell(account)
            stack = dict.fromkeys(sorted(reached.get(node, ())), "the stack")
            here = ((stack | dict(certain), True), (possible, False)) if node in reached else ((certain, False),)
            for actions, sure in here:
                bits = 0
                for action in actions:
                    bits |= known.expand(action)
                stopped = sorted(known.names(cell.blocked & bits))
                if stopped:
                    yield _problem(end.org, baseline, lens, account, stopped, actions, sure, region)


def _accounts(draft: Draft, end: Simulation, baseline: Baseline) -> Iterator[tuple[str, Account]]:
    """The accounts as they are at the end, by node of the design; no guardrail binds the management account."""
    for account in placed(draft.design, baseline):
        node = end.account(account.id)
        if node is not None and node in end.org and not account.management:
            yield account.id, end.org.account(node)


def _problem(
    org: Organization,
    baseline: Baseline,
    lens: Lens,
    account: Account,
    stopped: list[str],
    actions: Mapping[str, str],
    certain: bool,
    region: str,
) -> Problem:
    by = _by(org, account, stopped[0], lens)
    lowered = {action.lower(): resource for action, resource in actions.items()}
    shown = ", ".join(f"{one} for {lowered.get(one.lower(), 'actions:')}" for one in stopped[:_MOST])
    more = f" and {len(stopped) - _MOST} more" if len(stopped) > _MOST else ""
    return Problem(
        code="baseline-stopped",
        severity="error" if certain else "warning",
        where=org.path(account.id),
        message=f"{by} {'would stop' if certain else 'would stop, if it comes to it,'} the baseline {baseline.name} "
        f"in {region}, as the role {role_of(baseline)}: {shown}{more}",
        fix="Exempt that role in the policy, or leave the account out of the baseline.",
    )
