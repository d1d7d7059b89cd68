"""From a request and the rules it meets to a Decision with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgkit.policy.context import Unknown, View
from orgkit.policy.decision import Decision, Outcome, Reason
from orgkit.policy.language import Condition
from orgkit.policy.turning import Question, turning
from orgkit.policy.variables import placeholders

_MOST_VALUES = 8
_LONG = 200

if TYPE_CHECKING:
    from orgkit.policy.compiled import Asked, Rule


def explain(asked: Asked, level_names: tuple[str, ...]) -> Decision:
    """Decide a request over all its resources: one denied resource denies, every level must allow each of them."""
    exempt = tuple(Reason("exemption", None, clause=why) for why in asked.exemptions)
    denies = (*(asked.plan.scp_denies if asked.scp else ()), *(asked.plan.rcp_denies if asked.rcp else ()))
    certain: list[Reason] = []
    open_denies: list[tuple[int, Rule]] = []
    for place, view in enumerate(asked.views):
        for rule in denies:
            found = rule.applies(view)
            if found or (found is None and not asked.partial):
                certain.append(_reason(rule, view, found))
            elif found is None:
                open_denies.append((place, rule))
    if certain:
        return _decision("explicitDeny", (*exempt, *certain), asked)

    granted: list[Reason] = []
    lacking: list[Reason] = []
    open_levels: list[tuple[int, tuple[Rule, ...]]] = []
    if asked.scp:
        first = asked.views[0]
        granted += [_reason(rule, first, True) for rule in asked.plan.satisfied]
        for place, view in enumerate(asked.views):
            for index, rules in asked.plan.allows:
                results = [(rule, rule.applies(view)) for rule in rules]
                sure = next((rule for rule, found in results if found), None)
                maybe = tuple(rule for rule, found in results if found is None)
                if sure is not None:
                    granted.append(_reason(sure, view, True))
                elif maybe and asked.partial:
                    open_levels.append((place, maybe))
                else:
                    lacking.append(_lack(index, level_names[index], bool(rules), asked, view))
    granted.sort(key=lambda reason: reason.level_index or 0)
    if not open_denies and (lacking or not open_levels):
        outcome: Outcome = "implicitDeny" if lacking else "allowed"
        return _decision(outcome, (*exempt, *(lacking or granted)), asked)

    question = Question(asked.views, tuple(open_denies), tuple(open_levels), bool(lacking))
    answer = turning(question)
    held = [_reason(rule, asked.views[place], None) for place, rule in open_denies]
    held += [_reason(rule, asked.views[place], None) for place, rules in open_levels for rule in rules]
    reasons = (*exempt, *lacking, *held)
    if len(answer.outcomes) == 1 and answer.certain:
        return _decision(answer.outcomes[0], reasons, asked)
    return Decision("undetermined", reasons, answer.missing, answer.turns, answer.outcomes, action=asked.action)


def certain_denial(asked: Asked, level_names: tuple[str, ...]) -> Reason | None:
    """The first Deny that applies whatever is open, or else the first level where no Allow can."""
    denies = (*(asked.plan.scp_denies if asked.scp else ()), *(asked.plan.rcp_denies if asked.rcp else ()))
    for view in asked.views:
        for rule in denies:
            if rule.applies(view):
                return _reason(rule, view, True)
    for view in asked.views if asked.scp else ():
        for index, rules in asked.plan.allows:
            if all(rule.applies(view) is False for rule in rules):
                return _lack(index, level_names[index], bool(rules), asked, view)
    return None


def _decision(outcome: Outcome, reasons: tuple[Reason, ...], asked: Asked) -> Decision:
    return Decision(outcome, reasons, outcomes=(outcome,), action=asked.action)


def _reason(rule: Rule, view: View, holds: bool | None) -> Reason:
    statement = rule.statement
    return Reason(
        kind="RCP" if rule.kind == "RCP" else "SCP",
        effect=statement.effect,
        level=rule.level_name,
        level_index=rule.level,
        policy=rule.policy,
        sid=statement.sid,
        statement=statement.index,
        resource=view.resource,
        clause=_clause(rule, view, holds),
        holds=holds,
        avoidable=not statement.every_resource or any(not _certain(one, view) for one in statement.conditions),
    )


def _clause(rule: Rule, view: View, holds: bool | None) -> str:
    statement = rule.statement
    parts = []
    if rule.partly or (holds is None and statement.matches_resource(view) is None):
        parts.append("covers a part of what is asked" if view.resource or rule.partly else "for some resources only")
    if statement.not_action:
        parts.append("the action is not among NotAction")
    if not statement.every_resource:
        name = "NotResource" if statement.not_resource else "Resource"
        parts.append(f"{name} {', '.join(statement.resources[:3])}{', …' if len(statement.resources) > 3 else ''}")
    parts += [_condition(condition, view) for condition in statement.conditions]
    if statement.conditions:
        return "; ".join(parts)
    return "; ".join([*parts, "unconditional; no principal is exempt."])


def _certain(condition: Condition, view: View) -> bool:
    """Tell whether the condition holds whatever its open key turns out to be: its values can match nothing."""
    return isinstance(view[condition.key.lower()], Unknown) and condition.test(view) is True


def _condition(condition: Condition, view: View) -> str:
    values = view[condition.key.lower()]
    if _certain(condition, view):
        state = "always so"
        if forgotten := placeholders(condition.values):
            state += f": nothing fills in {forgotten[0]}"
    elif isinstance(values, Unknown):
        state = "open"
    elif values is None:
        state = "the request has none"
    else:
        state = f"the request has {_listed(values)}"
    wanted = _listed(condition.values)
    return (
        f"{condition.full_operator} {condition.key} {wanted if len(condition.values) == 1 else f'[{wanted}]'} ({state})"
    )


def _listed(values: tuple[str, ...]) -> str:
    shown = [f'"{value if len(value) <= _LONG else value[:_LONG] + "…"}"' for value in values[:_MOST_VALUES]]
    if len(values) > _MOST_VALUES:
        shown.append(f"… {len(values) - _MOST_VALUES} more")
    return ", ".join(shown)


def _lack(index: int, name: str, has_allows: bool, asked: Asked, view: View) -> Reason:
    what = f"no statement allows {asked.action}"
    if has_allows:
        what = f"no statement that allows {asked.action} matches this resource and context"
    return Reason("SCP", None, level=name, level_index=index, resource=view.resource, clause=what, holds=False)
