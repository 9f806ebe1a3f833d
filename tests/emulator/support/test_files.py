"""Files are written whole or not at all."""

import os
import stat
import subprocess
import sys
import textwrap

import pytest

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import ensure_writable, write_aside, write_text


def test_a_file_is_written_whole_with_its_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    write_text(path, "größer\n")
    assert path.read_text(encoding="utf-8") == "größer\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, BadInput])
def test_an_error_leaves_nothing_behind(error, tmp_path):
    with pytest.raises(error), write_aside(tmp_path / "a.txt") as aside:
        aside.write_text("half")
        assert aside.parent == tmp_path  # a rename within a file system cannot be seen half done
        raise error("stop")
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_the_old_file_as_it_was(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), write_aside(tmp_path / "a.txt") as aside:
        aside.write_text("new")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with write_aside(tmp_path / "a.txt") as aside:
        aside.write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


@pytest.mark.parametrize("check", [ensure_writable, lambda path: write_text(path, "x")])
def test_places_that_cannot_be_written_are_named(check, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="output .*file/a.txt: cannot be written"):
        check(tmp_path / "file" / "a.txt")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match="output .*folder: is a folder, must be a file"):
        check(tmp_path / "folder")
    with pytest.raises(BadInput, match="cannot be written .*File name too long"):
        check(tmp_path / ("x" * 300))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="Permission denied"):
        write_text(tmp_path / "a.txt", "x")


def test_looking_whether_a_file_can_be_written_changes_nothing(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    ensure_writable(tmp_path / "a.txt")
    ensure_writable(tmp_path / "b.txt")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize("size", [0, 5000])
def test_a_full_disk_is_named_and_leaves_nothing(tmp_path, size):
    """A limit on the size of files stands for it; it holds for a process, so another one writes."""
    program = f"""
        import resource, sys
        import numpy as np
        from bicall import cli
        from bicall.emulator.digits.classifier import Classifier
        save = Classifier.save
        def save_without_room(self, path):
            resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
            save(self, path)
        Classifier.save = save_without_room
        cli.main()
    """
    path = tmp_path / "network.npz"
    arguments = ["train", "--images", "5", "--save", str(path)]
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, f"bicall: output {path}: cannot be written (File too large)\n")
    assert list(tmp_path.iterdir()) == []
