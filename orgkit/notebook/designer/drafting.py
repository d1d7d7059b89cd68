"""From what a person did to an edit: one intent becomes one Edit, however many things it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from orgkit.design import Edit, Organization, edits
from orgkit.design.changes import Change
from orgkit.errors import InputError, OrgkitError, did_you_mean
from orgkit.notebook.designer import mends
from orgkit.notebook.designer.filtering import split

Intent = Mapping[str, Any]
Make = Callable[[Organization], Edit]

_EMPTY_IS_NONE: Final = frozenset({"owner", "budget", "monthly_cost", "description"})


def draft(org: Organization, intent: Intent) -> Edit:
    """Carry out an intent on `org`, a copy to draft on, and return it as one Edit for the design itself.

    Where a part is refused, `org` is put back as it was and the error says why.
    """
    done: list[Edit] = []
    try:
        for make in _makers(org, intent):
            edit = make(org)
            org.perform(edit)
            done.append(edit)
    except OrgkitError:
        take_back(org, done)
        raise
    if not done:
        raise InputError("nothing would change")
    if len(done) == 1:
        return done[0]
    return Edit(_label(org, intent, len(done)), tuple(change for edit in done for change in edit.changes))


def take_back(org: Organization, done: Sequence[Edit]) -> None:
    """Undo drafted edits on the copy."""
    for edit in reversed(done):
        org.perform(edit.inverse)


def _makers(org: Organization, intent: Intent) -> Iterable[Make]:
    kind = text(intent, "type")
    maker = DRAFTED.get(kind)
    if maker is None:
        raise InputError(f"there is no edit {kind!r}", mend=did_you_mean(kind, DRAFTED))
    return maker(org, intent)


def _move(org: Organization, intent: Intent) -> Iterable[Make]:
    to = text(intent, "to")
    moving = outermost(org, nodes(intent))
    if len(moving) > 1:
        moving = [node for node in moving if org.parent(node) != org.find(to)]
    return [lambda on, node=node: edits.move(on, node, to) for node in moving]  # type: ignore[misc]


def _rename(org: Organization, intent: Intent) -> Iterable[Make]:
    node, name = text(intent, "node"), text(intent, "name").strip()
    return [] if org.entity(node).name == name else [lambda on: edits.rename(on, node, name)]


def _add(org: Organization, intent: Intent) -> Iterable[Make]:
    what, values = text(intent, "what"), _written(intent)
    handle = str(values.pop("handle", "")).strip()
    match what:
        case "ou":
            return [lambda on: edits.add_ou(on, handle, text(intent, "parent"), **values)]
        case "account":
            email = str(values.pop("email", ""))
            if not email:
                raise InputError("an account needs an email address", mend="AWS sends the root user's mail there.")
            return [lambda on: edits.add_account(on, handle, text(intent, "parent"), email=email, **values)]
        case "policy":
            content = str(values.pop("content", ""))
            return [lambda on: edits.add_policy(on, handle, content, **values)]
    raise InputError(f"{what!r} cannot be added", mend=did_you_mean(what, ("ou", "account", "policy")))


def _remove(org: Organization, intent: Intent) -> Iterable[Make]:
    return [lambda on, node=node: edits.remove(on, node) for node in outermost(org, nodes(intent))]  # type: ignore[misc]


def _attach(org: Organization, intent: Intent) -> Iterable[Make]:
    policy = text(intent, "policy")
    return [lambda on, node=node: edits.attach(on, policy, node) for node in nodes(intent)]  # type: ignore[misc]


def _detach(org: Organization, intent: Intent) -> Iterable[Make]:
    policy = text(intent, "policy")
    return [lambda on, node=node: edits.detach(on, policy, node) for node in nodes(intent)]  # type: ignore[misc]


def _set(org: Organization, intent: Intent) -> Iterable[Make]:
    """Fields of one thing, or of several: there, tags are added to those that each has."""
    values = _written(intent)
    if "nodes" not in intent:
        return _set_one(org, text(intent, "node"), values)
    found: list[Make] = []
    for node in nodes(intent):
        tags = {"tags": {**org.target(node).tags, **values["tags"]}} if "tags" in values else {}
        found += _set_one(org, node, {**values, **tags})
    return found


def _set_one(org: Organization, node: str, given: Mapping[str, Any]) -> list[Make]:
    entity, values = org.entity(node), dict(given)
    makers: list[Make] = []
    name = values.pop("name", None)
    if name is not None and name != entity.name:
        makers.append(lambda on: edits.rename(on, node, str(name)))
    changed = {key: value for key, value in values.items() if value != _now(entity, key)}
    if changed:
        makers.append(lambda on: edits.set_fields(on, node, **changed))
    return makers


def _now(entity: Any, key: str) -> Any:
    """A field as a form shows it, so that leaving a field untouched is no edit."""
    value = getattr(entity, key, None)
    if key == "tags":
        return dict(value or {})
    return str(value) if key in ("budget", "monthly_cost") and value is not None else value


def _mend(org: Organization, intent: Intent) -> Iterable[Make]:
    return [mends.maker(org, text(intent, "code"), text(intent, "node"))]


DRAFTED: Final[Mapping[str, Callable[[Organization, Intent], Iterable[Make]]]] = {
    "move": _move,
    "rename": _rename,
    "add": _add,
    "remove": _remove,
    "attach": _attach,
    "detach": _detach,
    "set": _set,
    "mend": _mend,
}


def _label(org: Organization, intent: Intent, count: int) -> str:
    kind = intent["type"]
    if kind == "move":
        return f"move {count} things to {org.path(org.find(intent['to']))}"
    if kind in ("attach", "detach"):
        return f"{kind} {intent['policy']} {'to' if kind == 'attach' else 'from'} {count} places"
    if kind == "set" and "node" in intent:
        return f"change {org.path(org.find(intent['node']))}"
    return f"{'change' if kind == 'set' else kind} {count} things"


# ---- reading intents: they come from outside --------------------------------------------------------------


def text(intent: Intent, key: str) -> str:
    """A text that the intent must have."""
    value = intent.get(key)
    if not isinstance(value, str):
        raise InputError(f"this message has no {key}: {sorted(intent)}")
    return value


def nodes(intent: Intent) -> list[str]:
    """The nodes an intent is about: `nodes`, or one `node`."""
    value = intent.get("nodes", [intent["node"]] if "node" in intent else None)
    if not isinstance(value, (list, tuple)) or not all(isinstance(node, str) for node in value):
        raise InputError(f"this message names no nodes: {sorted(intent)}")
    return list(dict.fromkeys(value))


def values(intent: Intent) -> dict[str, str]:
    """The fields of a form, as typed."""
    given = intent.get("values")
    if not isinstance(given, Mapping) or not all(isinstance(part, str) for pair in given.items() for part in pair):
        raise InputError(f"this message has no values: {sorted(intent)}")
    return dict(given)


def outermost(org: Organization, those: Iterable[str]) -> list[str]:
    """Of some nodes those that are not below another of them; the rest goes along with these."""
    found = [org.find(node) for node in those]
    wanted = set(found)
    return [node for node in found if org.entity(node).kind == "policy" or not wanted & set(org.ancestors(node))]


def _written(intent: Intent) -> dict[str, Any]:
    """The fields of a form as the edits take them."""
    found: dict[str, Any] = {}
    for key, value in values(intent).items():
        if key == "tags":
            found[key] = read_tags(value)
        elif key == "content":
            found[key] = value
        else:
            found[key] = value.strip() or (None if key in _EMPTY_IS_NONE else "")
    if intent.get("type") == "add":
        found = {key: value for key, value in found.items() if value not in (None, "", {})}
    return found


def read_tags(words: str) -> dict[str, str]:
    """`Team=web Environment="pre production"`; commas between them do no harm."""
    tags: dict[str, str] = {}
    for part in split(words):
        key, equals, value = part.rstrip(",").partition("=")
        if key and not equals:
            raise InputError(f"{part!r} is no tag", mend='Write tags as Team=web Stage="pre production".')
        if key:
            tags[key] = value
    return tags


def written_tags(tags: Mapping[str, str]) -> str:
    """Tags as `read_tags` reads them."""
    return " ".join(
        f'"{key}={value}"' if any(letter.isspace() or letter == "," for letter in key + value) else f"{key}={value}"
        for key, value in tags.items()
    )


def changes_of(done: Iterable[Edit]) -> tuple[Change, ...]:
    """All changes of some edits, in order."""
    return tuple(change for edit in done for change in edit.changes)
