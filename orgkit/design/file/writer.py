"""Writing `org.yaml`: what an organization says that its file does not say yet, and nothing else.

Saving keeps no memory of what was loaded: it reads the file as it stands, finds the smallest changes, reads the result
as if it stood there, and only when that is the very organization puts it in place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import unified_diff
from pathlib import Path
from textwrap import wrap
from typing import Any, Final, Literal

from orgkit.design.changes import Configure
from orgkit.design.comparison import difference
from orgkit.design.entities import Policy
from orgkit.design.file.describe import Homes, describe
from orgkit.design.file.documents import parse_object
from orgkit.design.file.plain import FileName, Plain, PlainMap
from orgkit.design.file.reader import FileSet, read
from orgkit.design.file.splice import Page, Splicer, apply
from orgkit.design.file.text_files import BOM, digest, file_stem, inside, read_text, write_all
from orgkit.design.file.yaml_text import block, entry
from orgkit.design.organization import Organization
from orgkit.design.sections import JsonDocument
from orgkit.errors import DesignError, FileError, OrgkitError

SPLIT_FROM: Final = 200  # accounts: from here on a new file gets a file for each OU below the root
_WIDE: Final = 118  # letters in a line of a comment

Texts = dict[Path, str]  # by resolved path


def save(org: Organization, path: str | Path, *, split: bool | Literal["auto"] = "auto") -> str:
    """Write an organization to `org.yaml` and the files it names; returns what changed, as a unified diff.

    Lines that no change concerns stay as they are, byte for byte. A file that does not exist yet is written whole, its
    policies as JSON files beside it; `split` gives every OU below the root a file of its own ("auto": from 200
    accounts on). Every file is replaced, or none is. A FileError leaves all files as they were.
    """
    before, after = _texts(org, Path(path), split)
    changed = {file: text for file, text in after.items() if before.get(file) != text}
    if changed:
        _refuse_overwriting(org, before, changed)
        write_all(changed)
        org.sources = {**org.sources, **{str(file): digest(text) for file, text in changed.items()}}
    return _diff(before, changed, Path(path))


def _refuse_overwriting(org: Organization, before: Texts, changed: Texts) -> None:
    """What somebody else wrote since this organization was read is not this organization's to undo."""
    for file in changed:
        if file in before and org.sources.get(str(file), digest(before[file])) != digest(before[file]):
            raise FileError(
                "this file was changed by somebody else since it was read; nothing was saved",
                where=str(file),
                mend="Load it again and repeat the edit, or save under another name and compare the two.",
            )


def diff(org: Organization, path: str | Path) -> str:
    """What `save` would change, as a unified diff; nothing is written."""
    before, after = _texts(org, Path(path), "auto")
    return _diff(before, {file: text for file, text in after.items() if before.get(file) != text}, Path(path))


def _texts(org: Organization, path: Path, split: bool | Literal["auto"]) -> tuple[Texts, Texts]:
    before, after = (_edited if path.exists() or path.is_symlink() else _new)(org, path, split)
    if before != after:
        _verify(org, path, after)
    return before, after


def _verify(org: Organization, path: Path, after: Texts) -> None:
    mend = "Nothing was written. Please report this, with the file and the edit."
    try:
        found = difference(org, read(path, after).organization)
    except OrgkitError as error:
        raise FileError(
            f"this organization cannot be written so that it reads the same: {error.what}", where=error.where, mend=mend
        ) from None
    if found is not None:
        raise FileError(f"{found} would not be kept by the file", where=str(path), mend=mend)


def _diff(before: Texts, changed: Texts, path: Path) -> str:
    folder = path.resolve().parent
    parts = []
    for file, text in sorted(changed.items(), key=lambda item: (item[0] != path.resolve(), item[0])):
        name = (path.parent / file.relative_to(folder)).as_posix() if file.is_relative_to(folder) else str(file)
        old = before.get(file)
        lines = unified_diff(
            (old or "").splitlines(keepends=True),
            text.splitlines(keepends=True),
            "/dev/null" if old is None else name,
            name,
        )
        parts += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(parts)


# ---- a file that stands ----------------------------------------------------------------------------------


def _edited(org: Organization, path: Path, _: object) -> tuple[Texts, Texts]:
    there = read(path)
    twins = _twins(org, there.organization)
    theirs = {theirs: ours for ours, theirs in twins.items()}
    settings = _at_home(org.settings, there.organization.settings)
    if settings != org.settings:
        org = org.copy()
        org.build(Configure(org.settings, settings))
    old_homes = Homes(included=there.include_of, listed=there.listed)
    new_homes = Homes(
        identity=lambda node: twins.get(node, f"new {node}"),
        files=_policy_files(org, there),
        included={theirs[node]: file for node, file in there.include_of.items() if node in theirs},
        listed={theirs[node]: names for node, names in there.listed.items() if node in theirs},
    )
    old = describe(there.organization, old_homes)
    new = describe(org, new_homes)

    before: Texts = {there.main.path.resolve(): there.main.whole}
    old_bodies = {name: name.content for name in _files(old) if isinstance(name.content, PlainMap)}
    new_bodies = {str(name): name.content for name in _files(new) if isinstance(name.content, PlainMap)}
    pages = {
        str(name): Page(there.included[name].text, there.included[name].root, body) for name, body in old_bodies.items()
    }
    main = Page(there.main.text, there.main.root, old)
    splicer = Splicer([main, *pages.values()])
    after: Texts = {}
    for page, source, said in [
        (main, there.main, new),
        *((pages[name], there.included[name], new_bodies[name]) for name in pages if name in new_bodies),
    ]:
        file = source.path.resolve()
        before[file] = source.whole
        text = apply(page.text, splicer.cuts(page, page.root, page.old, said))
        after[file] = BOM + text if source.bom else text
    _write_documents(there.folder, new, before, after)
    return before, after


def _twins(org: Organization, there: Organization) -> dict[str, str]:
    """For the nodes of an organization, those of the file that they are: by path, and what moved by id."""
    twins: dict[str, str] = {org.root.id: there.root.id}
    for account in org.accounts():
        if account.id in there:
            twins[account.id] = account.id
    for policy in org.policies():
        if policy.id in there:
            twins[policy.id] = policy.id
    by_path = {there.path(ou.id): ou.id for ou in there.ous()}
    moved = []
    for ou in org.ous():
        twin = by_path.pop(org.path(ou.id), None)
        if twin is None:
            moved.append(ou.id)
        else:
            twins[ou.id] = twin
    free = set(by_path.values())
    for node in moved:
        if node in free:
            twins[node] = node
    return twins


def _at_home(value: Any, there: Any) -> Any:
    """The same value with JSON documents in the files that hold them at the same place of the file."""
    if isinstance(value, JsonDocument) and isinstance(there, JsonDocument):
        return replace(value, file=there.file) if value.file is None else value
    if isinstance(value, Mapping) and isinstance(there, Mapping):
        inner = {key: _at_home(item, there[key]) if key in there else item for key, item in value.items()}
        return value if inner == value else type(value)(inner)  # type: ignore[call-arg]
    if is_dataclass(value) and not isinstance(value, type) and type(value) is type(there):
        found = {f.name: _at_home(getattr(value, f.name), getattr(there, f.name)) for f in fields(value)}
        new = {name: item for name, item in found.items() if item is not getattr(value, name)}
        return replace(value, **new) if new else value
    return value


def _policy_files(org: Organization, there: FileSet) -> dict[str, str | None]:
    """The JSON file of every policy, None for those that stand inline; new ones follow the others."""
    standing = {policy.id: policy.file for policy in there.organization.policies()}
    inline = bool(standing) and not any(standing.values())
    found: dict[str, str | None] = {}
    taken = set(there.documents) | {policy.file for policy in org.policies() if policy.file}
    for policy in org.policies():
        if policy.file is not None:
            found[policy.id] = policy.file
        elif policy.id in standing:
            found[policy.id] = standing[policy.id]
        elif inline:
            found[policy.id] = None
        else:
            found[policy.id] = _free_file(_policy_base(policy), ".json", taken, there.folder)
            taken.add(found[policy.id] or "")
    return found


def _policy_base(policy: Policy) -> str:
    return f"policies/{file_stem(policy.handle)}"


def _free_file(base: str, ending: str, taken: Iterable[str], folder: Path) -> str:
    """A file name that is free, also where capitals do not tell files apart."""
    known = {name.casefold() for name in taken}
    name, number = f"{base}{ending}", 2
    while name.casefold() in known or (folder / name).exists():
        name, number = f"{base}-{number}{ending}", number + 1
    return name


# ---- a new file ------------------------------------------------------------------------------------------


def _new(org: Organization, path: Path, split: bool | Literal["auto"]) -> tuple[Texts, Texts]:
    folder = path.parent
    included: dict[str, str] = {}
    if split is True or (split == "auto" and len(org.accounts()) > SPLIT_FROM):
        for child in org.children(org.root.id):
            if org.entity(child).kind == "ou":
                base = f"ous/{file_stem(org.entity(child).handle)}"
                included[child] = _free_file(base, ".yaml", included.values(), folder)
    taken = {policy.file for policy in org.policies() if policy.file}
    files: dict[str, str | None] = {}
    for policy in org.policies():
        files[policy.id] = policy.file or _free_file(_policy_base(policy), ".json", taken, folder)
        taken.add(files[policy.id] or "")
    said = describe(org, Homes(files=files, included=included))
    before: Texts = {}
    after: Texts = {path.resolve(): _heading(org) + _whole(said)}
    for included_file in _files(said):
        if isinstance(included_file.content, PlainMap):
            after[folder.resolve() / included_file] = _body(included_file.content)
    _write_documents(folder, said, before, after)
    return before, after


def _heading(org: Organization) -> str:
    """What the reader of a file should know that was read from a live organization."""
    if org.origin is None:
        return ""
    lines = [
        f"As it stands live, read from {org.origin}.",
        "AWS knows nothing of owners, planned and shared cost, required tags, lenses and expectations: they are yours.",
    ]
    if org.remarks:
        lines.append("What this file does not say of the live organization:")
        lines += [line for remark in org.remarks for line in _item(remark)]
    if org.unknown:
        lines += wrap(f"Not readable: {', '.join(org.unknown)}.", _WIDE, subsequent_indent="  ")
    return "".join(f"# {line}\n" for line in lines)


def _item(remark: str) -> list[str]:
    return wrap(
        " ".join(remark.split()),
        _WIDE,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _whole(said: PlainMap) -> str:
    """A whole file, with a blank line between its sections."""
    return "\n".join("".join(f"{line}\n" for line in entry(key, value, 0)) for key, value in said.items())


def _body(said: PlainMap) -> str:
    """The file of an included OU."""
    return "".join(f"{line}\n" for line in block(said, 0)) or "{}\n"


# ---- JSON files ------------------------------------------------------------------------------------------


def _files(said: Plain) -> Iterator[FileName]:
    """Every file that plain data names, with what stands in it."""
    if isinstance(said, FileName):
        yield said
        yield from _files(said.content)
    elif isinstance(said, dict):
        for value in said.values():
            yield from _files(value)
    elif isinstance(said, list):
        for value in said:
            yield from _files(value)


def _write_documents(folder: Path, said: PlainMap, before: Texts, after: Texts) -> None:
    """Add the JSON files whose meaning changed, new ones, and templates that are not there."""
    wanted: dict[str, str] = {}
    for name in _files(said):
        if not isinstance(name.content, str):
            continue
        if not name.endswith(".json"):  # a template: the user's own text, which only follows the design elsewhere
            file = inside(folder, str(name), "a template").resolve()
            if not file.exists():
                after[file] = name.content
            continue
        twin = wanted.setdefault(str(name), name.content)
        if twin != name.content and json.loads(twin) != json.loads(name.content):
            raise DesignError(
                f"two documents that differ are to stand in the file {name}",
                mend="Give one of them another file, with set(policy, file=…).",
            )
    for path, content in wanted.items():
        file = inside(folder, path, "a policy's file").resolve()
        if not file.exists():
            after[file] = _json_text(content, "")
            continue
        text = read_text(file, path)
        before[file] = text
        try:
            stands = parse_object(text) == json.loads(content)
        except ValueError:
            stands = False
        after[file] = text if stands else _json_text(content, text)


def _json_text(content: str, like: str) -> str:
    """A document as the text of a file, with the line breaks and the byte order mark of the one it replaces."""
    text = content if "\n" in content.strip() else json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    text = text.removeprefix(BOM).replace("\r\n", "\n").rstrip("\n") + "\n"
    if "\r\n" in like:
        text = text.replace("\n", "\r\n")
    return BOM + text if like.startswith(BOM) else text
