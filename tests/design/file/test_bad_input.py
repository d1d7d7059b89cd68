"""Bad input, case by case: the text of the file, and the one message that it gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from orgkit.design import load
from orgkit.errors import FileError

DATA = Path(__file__).with_name("bad_input.txt")


def cases() -> list[ParameterSet]:
    found = []
    for case in DATA.read_text("utf-8").split("\n=== ")[1:]:
        name, _, rest = case.partition("\n")
        body, _, message = rest.partition(">>>\n")
        files = {}
        for part in body.split("--- ")[1:]:
            file, _, text = part.partition("\n")
            files[file] = text
        found.append(pytest.param(files, message.rstrip("\n"), id=name))
    return found


@pytest.mark.parametrize(("files", "message"), cases())
def test_bad_input_gets_one_clear_message(
    files: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8", newline="")
    with pytest.raises(FileError) as raised:
        load("org.yaml")
    assert str(raised.value) == message


def test_a_nul_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "org.yaml").write_bytes(b"orgkit: 1\n\0\n")
    with pytest.raises(FileError, match=r"org\.yaml:2:1: a NUL character cannot stand in a text file"):
        load(tmp_path / "org.yaml")


def test_a_missing_file_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no file .*nothing\.yaml\n  Check the path; `orgkit new FOLDER`"):
        load(tmp_path / "nothing.yaml")


def test_a_folder_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder, not a file"):
        load(tmp_path)


def test_bytes_that_are_not_utf_8_are_one_message_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "org.yaml").write_bytes(b"orgkit: 1\n# caf\xe9\n")
    with pytest.raises(FileError, match=r"org\.yaml:2:6: the file is not UTF-8 text: byte 0xe9"):
        load(tmp_path / "org.yaml")


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "secret.json"
    outside.write_text("{}")
    folder = tmp_path / "design"
    folder.mkdir()
    (folder / "guard.json").symlink_to(outside)
    (folder / "org.yaml").write_text("orgkit: 1\npolicies:\n  guard: {type: TAG_POLICY, file: guard.json}\n")
    with pytest.raises(FileError, match=r"org\.yaml:3:35: 'guard\.json' is a link that leads out of the folder"):
        load(folder / "org.yaml")


def test_a_file_that_is_too_large_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orgkit.design.file.text_files.LARGEST", 10)
    (tmp_path / "org.yaml").write_text("orgkit: 1\nroot: {}\n")
    with pytest.raises(FileError, match="has 19 bytes; orgkit reads files of up to 10"):
        load(tmp_path / "org.yaml")


@pytest.mark.parametrize("piece", ["- ", "[", "? ", "{a: ", "a: ["])
def test_a_file_of_brackets_overflows_nothing(piece: str, tmp_path: Path) -> None:
    (tmp_path / "org.yaml").write_text(piece * 100_000)
    with pytest.raises(FileError, match=r"deep in each other|cannot be a key|not YAML"):
        load(tmp_path / "org.yaml")


def test_deep_json_overflows_nothing(tmp_path: Path) -> None:
    (tmp_path / "guard.json").write_text('{"a":' * 100_000)
    (tmp_path / "org.yaml").write_text("orgkit: 1\npolicies:\n  guard: {type: TAG_POLICY, file: guard.json}\n")
    with pytest.raises(FileError, match="nested too deep"):
        load(tmp_path / "org.yaml")


def test_ten_mistakes_are_told_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "org.yaml").write_text("orgkit: 1\n" + "".join(f"wrong{n}: 1\n" for n in range(50)))
    with pytest.raises(FileError) as raised:
        load(tmp_path / "org.yaml")
    assert str(raised.value).count("has no key") == 10
    assert str(raised.value).endswith("There may be more; these are the first ten.")


def test_the_value_of_a_secret_is_never_repeated(tmp_path: Path) -> None:
    (tmp_path / "org.yaml").write_text("orgkit: 1\naccess: {roles: {deploy: {to: root, external_id: hunter2}}}\n")
    with pytest.raises(FileError) as raised:
        load(tmp_path / "org.yaml")
    assert "hunter2" not in str(raised.value)
