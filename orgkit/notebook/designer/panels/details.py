"""Details: the fields of what is selected, what is attached to it, and the forms for something new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgkit.design import POLICY_TYPES, RCP_FULL_AWS_ACCESS, Account, Organization, Policy, Target
from orgkit.notebook.blocks import Json, button, buttons, cell, field, form, item, items, table, text, title
from orgkit.notebook.designer.drafting import written_tags

if TYPE_CHECKING:
    from orgkit.notebook.designer.controller import Controller

_WORDS: Final = {"root": "root", "ou": "organizational unit", "account": "account", "policy": "policy"}
_SHOWN: Final = 12
_NEW_POLICY: Final = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "", "Effect": "Deny", "Action": [], "Resource": "*"}
  ]
}"""


def blocks_of(controller: Controller) -> list[Json]:
    if controller.composing is not None:
        return _new(controller.org, *controller.composing)
    if len(controller.selected) > 1:
        return _several(controller.org, controller.selected)
    entity = controller.org.entity(controller.focus)
    if isinstance(entity, Policy):
        return _policy(controller.org, entity)
    return _target(controller, entity)


def _target(controller: Controller, target: Target) -> list[Json]:
    org, node = controller.org, target.id
    shown = [title(target.name, _note(org, target))]
    fields = [field("name", "Name", target.name, enabled=target.kind != "root")]
    if isinstance(target, Account):
        fields.append(field("email", "Email", target.email))
    fields += [
        field("owner", "Owner", target.owner or "", hint="who answers for it"),
        field("tags", "Tags", written_tags(target.tags), hint="Team=web Stage=prod"),
    ]
    if isinstance(target, Account):
        fields.append(field("monthly_cost", "Cost a month", str(target.monthly_cost or ""), hint="5200 USD"))
    fields.append(field("budget", "Budget a month", str(target.budget or ""), hint="9000 USD"))
    if isinstance(target, Account):
        fields.append(field("description", "Description", target.description or ""))
    shown.append(form(f"set {node}", {"type": "set", "node": node}, fields))
    shown += [title("Attached here"), items(_attached(org, target)), _attach(org, (node,))]
    if target.kind != "account":
        shown.append(_adding(node))
    if target.kind == "root" and org.policies():
        shown += [title("All policies", f"{len(org.policies()):,}"), _all_policies(org)]
    found = controller.by_node.get(node, ())
    if found:
        shown.append(title("Problems here", f"{len(found)}"))
        shown.append(items(item(problem.message, problem.fix, _tone(problem.severity)) for problem in found))
    return shown


def _note(org: Organization, target: Target) -> str:
    words = "management account" if isinstance(target, Account) and target.management else _WORDS[target.kind]
    parts = [words, org.path(target.id)] if target.kind != "root" else [words]
    if target.kind != "account":
        parts.append(f"{len(org.accounts(target.id)):,} accounts below")
    return " · ".join([*parts, *filter(None, [target.aws_id])])


def _attached(org: Organization, target: Target) -> list[Json]:
    entries = []
    for policy in org.attached(target.id):
        locked = policy.id == RCP_FULL_AWS_ACCESS.id
        does = [] if locked else [button("Detach", {"type": "detach", "policy": policy.handle, "node": target.id})]
        go = None if policy.aws_managed else policy.id
        entries.append(item(policy.name, _type_word(policy.type), go=go, does=does))
    return entries or [item("nothing", tone="quiet")]


def _all_policies(org: Organization) -> Json:
    """Where each is attached: the tree shows only those that are."""
    rows = []
    for policy in org.policies():
        targets = org.targets(policy.id)
        places = ", ".join(org.path(node) for node in targets[:3]) + (" …" if len(targets) > 3 else "")
        where = cell(places, "quiet") if targets else cell("attached nowhere", "warning")
        rows.append([cell(policy.name, go=policy.id), cell(_type_word(policy.type), "quiet"), where])
    return table(rows, ("policy", "type", "attached to"))


def _attach(org: Organization, nodes: tuple[str, ...]) -> Json:
    there = [{policy.handle for policy in org.attached(node)} for node in nodes]
    choices = [p.handle for p in org.policies() if not all(p.handle in held for held in there)]
    if any(not org.target(node).full_aws_access for node in nodes):
        choices.insert(0, "FullAWSAccess")
    fields = [field("policy", "", input="select", choices=["", *choices], hint="attach a policy")]
    return form(f"attach {' '.join(nodes)}", {"type": "attach", "nodes": list(nodes)}, fields, "Attach")


def _adding(node: str) -> Json:
    return buttons(
        *(
            button(f"New {label} …", {"type": "compose", "what": what, "parent": node})
            for what, label in (("account", "account"), ("ou", "OU"), ("policy", "policy"))
        )
    )


def _several(org: Organization, nodes: tuple[str, ...]) -> list[Json]:
    rows = [[cell(org.target(node).name, go=node), cell(org.path(node), "quiet")] for node in nodes[:_SHOWN]]
    more = [text(f"and {len(nodes) - _SHOWN:,} more", "quiet")] if len(nodes) > _SHOWN else []
    return [
        title(f"{len(nodes):,} selected"),
        table(rows),
        *more,
        form(
            f"set {' '.join(nodes)}",
            {"type": "set", "nodes": list(nodes)},
            [field("owner", "Owner", hint="of all of them"), field("tags", "Tags", hint="added to those of each")],
        ),
        _attach(org, nodes),
        buttons(button("Remove them", {"type": "remove", "nodes": list(nodes)})),
    ]


def _policy(org: Organization, policy: Policy) -> list[Json]:
    targets = org.targets(policy.id)
    size = len(policy.minified)
    shown = [title(policy.name, f"{_type_word(policy.type)} · {size:,} characters as sent")]
    fields = [
        field("name", "Name", policy.name),
        field("description", "Description", policy.description),
        field("content", "Document", policy.content, input="area"),
    ]
    shown.append(form(f"set {policy.id}", {"type": "set", "node": policy.id}, fields, "Change"))
    detach = {"type": "detach", "policy": policy.handle}
    shown += [
        title("Attached to"),
        items(
            [item(org.path(node), go=node, does=[button("Detach", {**detach, "node": node})]) for node in targets]
            or [item("nothing", tone="quiet")]
        ),
        buttons(button("Remove the policy", {"type": "remove", "node": policy.id})),
    ]
    return shown


def _new(org: Organization, what: str, parent: str) -> list[Json]:
    intent = {"type": "add", "what": what, "parent": parent}
    away = buttons(button("Cancel", {"type": "compose", "what": "", "parent": parent}))
    money = field("monthly_cost", "Cost a month", hint="5200 USD")
    owner = field("owner", "Owner")
    match what:
        case "ou":
            fields = [field("handle", "Name"), owner, field("budget", "Budget a month", hint="9000 USD")]
        case "account":
            fields = [field("handle", "Name"), field("email", "Email"), owner, money, field("tags", "Tags")]
        case _:
            fields = [
                field("handle", "Name"),
                field("type", "Type", POLICY_TYPES[0], input="select", choices=POLICY_TYPES),
                field("content", "Document", _NEW_POLICY, input="area"),
            ]
    words = {"ou": "OU", "account": "account"}.get(what, "policy")
    note = "" if words == "policy" else f"in {org.path(parent)}"
    return [title(f"New {words}", note), form(f"new {what} {parent}", intent, fields, f"Add {words}", focus=True), away]


def _type_word(type: str) -> str:
    return type.replace("_", " ").lower()


def _tone(severity: str) -> str:
    return {"error": "error", "warning": "warning"}.get(severity, "quiet")
