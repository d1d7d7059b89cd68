"""Reading `org.yaml`: its nodes, through the shape of the file, into an organization that keeps every rule of one."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from orgkit.design.changes import Add, Attach
from orgkit.design.edits import check_account_place, check_handle, check_ou_place, check_policy
from orgkit.design.entities import FULL_AWS_ACCESS, IMPLIED, Account, OrganizationalUnit, Policy, Root
from orgkit.design.file import layout, yaml_nodes
from orgkit.design.file.documents import JsonProblem, parse_object
from orgkit.design.file.shape import BAD, Shape, Written, sentence
from orgkit.design.file.text_files import BOM, digest, inside, read_text
from orgkit.design.file.yaml_nodes import Node, Source
from orgkit.design.organization import Mark, Organization
from orgkit.design.sections import Settings
from orgkit.errors import DesignError, FileError, UnknownName, did_you_mean

MOST_PROBLEMS: Final = 10  # told at once
IMPLIED_HANDLES: Final = frozenset(policy.handle for policy in IMPLIED.values())


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing wrong with a file."""

    what: str
    where: str
    mend: str = ""


@dataclass
class FileSet:
    """What a file and those it names say: the organization, and the sources it was read from.

    `included` holds, by path, the files of OUs; `documents` the texts of JSON files; `listed`, by node id, the
    `policies:` lists that name implied policies too.
    """

    organization: Organization
    folder: Path
    main: Source
    included: dict[str, Source]
    include_of: dict[str, str]  # node id of an OU → the path of its file
    documents: dict[str, str]
    listed: dict[str, tuple[str, ...]]


def load(path: str | Path, *, shown: str | None = None) -> Organization:
    """Read an organization from `org.yaml` and the files it names.

    `.marks` of the result tells where everything stands. A FileError names up to ten things that are wrong, each with
    file, line and column. `shown` is the file's name in both; by default its path, relative below the current folder.
    """
    return read(path, shown=shown).organization


def read(path: str | Path, overlay: Mapping[Path, str] | None = None, *, shown: str | None = None) -> FileSet:
    """The same, with the sources; `overlay` holds texts that files would have, by resolved path."""
    path = Path(path)
    with _collecting_later():
        return _Reader(path, overlay or {}, shown or _near(path)).read()


def _near(path: Path) -> str:
    """How a path is shown: from the current folder downwards, where it lies there."""
    try:
        return str(path.relative_to(Path.cwd())) if path.is_absolute() else str(path)
    except (ValueError, OSError):
        return str(path)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Hundreds of thousands of objects appear and none goes: collecting meanwhile would take most of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _TooMany(Exception):
    """Enough problems to tell."""


@dataclass
class _Reader:
    path: Path
    overlay: Mapping[Path, str]
    shown: str
    troubles: list[Trouble] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    included_sources: dict[str, Source] = field(default_factory=dict)
    include_of: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self) -> FileSet:
        self.name = self.shown  # of the file that is being read
        self.folder = self.path.resolve().parent if self.path.is_symlink() else self.path.parent
        try:
            main = yaml_nodes.read(self.path, self.shown, self._text(self.path, self.shown), self._note_trouble)
            self._check_version(main.root)
            written: Written = layout.FILE.read(main.root, "", self)
            org = self._build(written) if written.whole and not self.troubles else None
        except _TooMany:
            org = None
        if org is None or self.troubles:
            raise self._error()
        org.sources = {
            str(source.path.resolve()): digest(source.whole) for source in (main, *self.included_sources.values())
        } | {str((self.folder / name).resolve()): digest(text) for name, text in self.documents.items()}
        return FileSet(org, self.folder, main, self.included_sources, self.include_of, self.documents, self.listed)

    # ---- what shapes ask for -------------------------------------------------------------------------

    def report(self, node: Node, what: str, mend: str = "") -> None:
        self._note_trouble(what, self.mark(node), mend)

    def note(self, place: str, node: Node) -> Mark:
        mark = self.mark(node)
        self.marks.setdefault(place, mark)
        return mark

    def mark(self, node: Node) -> Mark:
        return Mark(self.name, node.line + 1, node.column + 1)

    def file_name(self, path: str, node: Node) -> bool:
        return self._inside(path, node) is not None

    def text(self, path: str, node: Node) -> str | None:
        found = self._inside(path, node)
        if found is None or not (found.is_file() or found.resolve() in self.overlay):
            return None
        try:
            return self._text(found, self._shown(path)).removeprefix(BOM)
        except FileError as error:
            self._pass_on(error, self.mark(node))
            return None

    def document(self, path: str, node: Node) -> str | None:
        if path in self.documents:
            return self.documents[path]
        found = self._inside(path, node)
        if found is None:
            return None
        shown = self._shown(path)
        try:
            text = self._text(found, shown).removeprefix(BOM)
            parse_object(text)
        except FileError as error:
            self._pass_on(error, self.mark(node))
            return None
        except JsonProblem as problem:
            self._note_trouble(problem.what, Mark(shown, problem.line, problem.column), "Mend the JSON text.")
            return None
        self.documents[path] = text
        return text

    def included(self, path: str, node: Node, shape: Shape, place: str) -> Any:
        found = self._inside(path, node)
        if found is None:
            return BAD
        if path in self.included_sources or found.resolve() == self.path.resolve():
            self.report(node, f"{path} is included already", "A file holds one OU; give this one a file of its own.")
            return BAD
        before, self.name = self.name, self._shown(path)
        try:
            source = yaml_nodes.read(found, self.name, self._text(found, self.name), self._note_trouble)
            self.included_sources[path] = source
            self.include_of[place] = path
            return shape.read(source.root, place, self)
        except FileError as error:
            self.name = before
            self._pass_on(error, self.mark(node))
            return BAD
        finally:
            self.name = before

    def _inside(self, path: str, node: Node) -> Path | None:
        try:
            return inside(self.folder, path, str(self.mark(node)))
        except FileError as error:
            self._add(Trouble(error.what, error.where or "", error.mend or ""))
            return None

    def _text(self, path: Path, shown: str) -> str:
        overlaid = self.overlay.get(path.resolve())
        if overlaid is not None:
            return overlaid
        new = "; `orgkit new FOLDER` writes a first design" if path == self.path else ""
        return read_text(path, shown, missing=f"Check the path{new}.")

    def _shown(self, path: str) -> str:
        return str(Path(self.shown).parent / path)

    # ---- problems ------------------------------------------------------------------------------------

    def _note_trouble(self, what: str, mark: Mark, mend: str) -> None:
        self._add(Trouble(what, str(mark), mend))

    def _pass_on(self, error: FileError, named_at: Mark) -> None:
        """A problem of another file: at its own place if it has one, else where the file is named."""
        self._add(Trouble(error.what, error.where or str(named_at), error.mend or ""))

    def _add(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        if len(self.troubles) >= MOST_PROBLEMS:
            raise _TooMany

    def _error(self) -> FileError:
        first, *others = self.troubles
        lines = [first.mend] if first.mend else []
        for other in others:
            lines.append(f"{other.where}: {other.what}")
            if other.mend:
                lines.append(f"  {other.mend}")
        if len(self.troubles) >= MOST_PROBLEMS:
            lines.append("There may be more; these are the first ten.")
        return FileError(first.what, where=first.where, mend="\n  ".join(lines) or None)

    def _check_version(self, root: Node) -> None:
        """First of all: another version may have other keys."""
        if root.kind is not yaml_nodes.MAP:
            raise FileError(
                f"the file holds {root.kind}, not an organization",
                where=str(self.mark(root)),
                mend="Begin it with `orgkit: 1`.",
            )
        pair = root.get("orgkit")
        if pair is None:
            raise FileError(
                "the file does not say which version of the form it has",
                where=str(self.mark(root)),
                mend="Begin it with `orgkit: 1`.",
            )
        version = pair[1].value
        if version == str(layout.VERSION):
            return
        newer = isinstance(version, str) and version.isdecimal() and int(version) > layout.VERSION
        raise FileError(
            f"the file is of version {version}; this orgkit reads version {layout.VERSION}"
            if newer
            else f"orgkit should be {layout.VERSION}, the version of the file's form",
            where=str(self.mark(pair[1])),
            mend=f"Install a newer orgkit, one that reads `orgkit: {version}`." if newer else "Write `orgkit: 1`.",
        )

    # ---- building ------------------------------------------------------------------------------------

    def _build(self, written: Written) -> Organization:
        values = written.values
        organization: Written | None = values.get("organization")
        above = organization.values if organization else {}
        management: Written | None = above.get("management")
        root: Written | None = values.get("root")
        fields = {name: value for name, value in above.items() if name != "management"}
        fields |= {name: values[name] for name in layout.SECTIONS if name in values}
        org = Organization(
            Root(**_fields(root.values), declared=_declared(root)) if root else None,
            Settings(**fields, declared=frozenset(fields)),
        )
        org.marks = MappingProxyType(self.marks)
        self.marks.setdefault(org.root.id, self.marks.get("root", Mark(self.name, 1, 1)))
        for handle, policy in values.get("policies", {}).items():
            self._add_policy(org, handle, policy)
        if management is not None and management.values.get("ou") is None:
            self._add_management(org, management)
        if root is not None:
            self._attach(org, org.root.id, root)
            self._fill(org, org.root.id, root)
        if management is not None and management.values.get("ou") is not None:
            self._add_management(org, management)
        return org

    def _fill(self, org: Organization, parent: str, written: Written) -> None:
        for handle, ou in written.values.get("ous", {}).items():
            self._add_ou(org, parent, handle, ou)
        for handle, account in written.values.get("accounts", {}).items():
            self._add_account(org, parent, handle, account)

    def _add_policy(self, org: Organization, handle: str, written: Written) -> None:
        values = _fields(written.values)
        if ("file" in values) == ("content" in values):
            problem = "has both file: and content:" if "file" in values else "has neither file: nor content:"
            self._blame(written, f"policy {handle} {problem}", "Write one of the two.")
            return
        if "file" in values:
            pair = written.node.get("file")
            assert pair is not None
            content = self.document(values["file"], pair[1])
            if content is None:
                return
            values["content"] = content
        values.setdefault("name", handle)
        declared = _declared(written) | {"content"}

        def build() -> None:
            check_handle(handle, "policy")
            policy = Policy(id=f"policy:{handle}", handle=handle, **values, declared=declared)
            check_policy(org, policy)
            org.build(Add(policy))

        self._try(written, build)

    def _add_ou(self, org: Organization, parent: str, handle: str, written: Written) -> None:
        values = _fields(written.values)
        values.setdefault("name", handle)
        node = f"ou:{handle}" if parent == org.root.id else f"{parent}/{handle}"

        def build() -> None:
            check_handle(handle, "OU")
            ou = OrganizationalUnit(id=node, handle=handle, **values, declared=_declared(written))
            check_ou_place(org, ou, parent)
            org.build(Add(ou, parent))

        if self._try(written, build):
            self._attach(org, node, written)
            self._fill(org, node, written)

    def _add_account(
        self, org: Organization, parent: str, handle: str, written: Written, *, management: bool = False
    ) -> None:
        values = _fields(written.values)
        values.setdefault("name", handle)
        node = f"account:{handle}"

        def build() -> None:
            check_handle(handle, "account")
            account = Account(id=node, handle=handle, management=management, **values, declared=_declared(written))
            check_account_place(org, account, parent)
            org.build(Add(account, parent))

        if self._try(written, build):
            self._attach(org, node, written)

    def _add_management(self, org: Organization, written: Written) -> None:
        handle = written.values.get("handle", layout.MANAGEMENT_HANDLE)
        if f"account:{handle}" not in org:
            self.marks[f"account:{handle}"] = self.marks["organization.management"]
        for name, mark in [(k, m) for k, m in self.marks.items() if k.startswith("organization.management.")]:
            self.marks.setdefault(f"account:{handle}.{name.rpartition('.')[2]}", mark)
        written.mark = self.marks["organization.management"]
        parent = org.root.id
        if (path := written.values.get("ou")) is not None:
            try:
                parent = org.find(path, "ou", "root")
            except UnknownName as error:
                self._note_trouble(error.what, self.marks["organization.management.ou"], sentence(error.mend or ""))
                return
        self._add_account(org, parent, handle, written, management=True)

    def _attach(self, org: Organization, node: str, written: Written) -> None:
        names = written.values.get("policies", ())
        for index, name in enumerate(names):
            if name in IMPLIED_HANDLES:
                self._attach_implied(org, node, name, written, index)
            elif f"policy:{name}" in org:
                org.build(Attach(f"policy:{name}", node))
            else:
                known = [policy.handle for policy in org.policies()]
                guess = did_you_mean(name, [*known, *IMPLIED_HANDLES]) or "Policies are written under policies:."
                self._blame_item(written, index, f"there is no policy {name!r}", sentence(guess))

    def _attach_implied(self, org: Organization, node: str, name: str, written: Written, index: int) -> None:
        if name == FULL_AWS_ACCESS.handle and not org.target(node).full_aws_access:
            self._blame_item(
                written,
                index,
                f"{name} is listed here, and full_aws_access: false takes it away",
                "Keep one of the two.",
            )
        self.listed[node] = written.values["policies"]

    def _try(self, written: Written, build: Callable[[], None]) -> bool:
        try:
            build()
        except DesignError as error:
            other = f", at {error.where.partition(' (')[0]}" if error.where else ""
            self._blame(written, error.what + other, error.mend or "")
            return False
        return True

    def _blame_item(self, written: Written, index: int, what: str, mend: str) -> None:
        self._note_trouble(what, self.marks[f"{written.place}.policies[{index}]"], mend)

    def _blame(self, written: Written, what: str, mend: str) -> None:
        self._note_trouble(what, written.mark or self.mark(written.node), mend)


_NOT_FIELDS: Final = frozenset({"policies", "ous", "accounts", "ou", "handle"})
_NOT_DECLARED: Final = frozenset({"name", "handle", "ou", "type"})


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _NOT_FIELDS}


def _declared(written: Written) -> frozenset[str]:
    return frozenset(written.values) - _NOT_DECLARED
