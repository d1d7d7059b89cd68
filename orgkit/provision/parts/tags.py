"""Steps about tags: a written list is complete, so what it lacks is taken away; AWS's own tags are nobody's."""

from __future__ import annotations

from collections.abc import Mapping

from orgkit.design import Account, OrganizationalUnit, Policy, Root
from orgkit.provision.planning.draft import Draft

Taggable = Root | OrganizationalUnit | Account | Policy


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def plan_tags(draft: Draft) -> None:
    """Compare the tags of everything that exists; what is created brings its tags along."""
    root = draft.design.root
    if not draft.exists:
        _tags_of(draft, root, None)
        management = draft.design.management
        if management is not None:
            _tags_of(draft, management, None)
    for node, now in draft.match.live.items():
        if not draft.exists or node in draft.recreated:
            continue
        wanted, live = draft.design.entity(node), draft.live.entity(now)
        owner = draft.left_to(node)
        if owner is None:
            _tags_of(draft, wanted, live)
        elif "tags" in wanted.declared and dict(wanted.tags) != _own(live):
            draft.leave_to(owner, draft.place(node), "its tags are not as designed")


def _own(entity: Taggable) -> dict[str, str]:
    return {key: value for key, value in entity.tags.items() if not key.startswith("aws:")}


def _tags_of(draft: Draft, wanted: Taggable, now: Taggable | None) -> None:
    place = draft.place(wanted.id)
    live = {} if now is None else _own(now)
    if "tags" not in wanted.declared and not wanted.tags:
        if live:
            draft.leave(place, f"tags: {', '.join(sorted(live))}", "Write `tags:` to manage them.")
        return
    missing = {key: value for key, value in wanted.tags.items() if live.get(key) != value}
    extra = sorted(live.keys() - wanted.tags.keys())
    first: list[str] = []
    if extra:
        first.append(
            draft.add(
                "untag",
                place,
                f"take the tag{'s' if len(extra) > 1 else ''} {', '.join(extra)} from {place}",
                place=place,
                why="the tags in the design are complete without it",
                parameters={"ResourceId": draft.ref(wanted.id), "TagKeys": extra},
            )
        )
    if missing:
        draft.add(
            "tag",
            place,
            f"tag {place}: {', '.join(f'{k}={v}' for k, v in sorted(missing.items()))}",
            place=place,
            parameters={"ResourceId": draft.ref(wanted.id), "Tags": tag_list(missing)},
            after=first,
        )
