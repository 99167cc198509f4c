"""Durable writes: whole or not there, exact modes, sentences for every refusal of the system."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rmtui.pki import files
from rmtui.pki.interface import AuthorityUnavailable, FileMissing, StorageError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty directory."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def refuse(number: int, after: int = 0) -> Callable[..., Any]:
    """Something in place of a system call that fails from the call after ``after`` on."""
    calls = iter(range(after))

    def fail(*_: object, **__: object) -> None:
        if next(calls, None) is None:
            raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("wanted", [0o400, 0o444, 0o600, 0o644, 0o666])
def test_a_file_has_exactly_its_mode_whatever_the_umask(place: Path, wanted: int) -> None:
    before = os.umask(0o077)
    try:
        files.write_file(place / "file", b"content", wanted)
    finally:
        os.umask(before)
    assert (place / "file").read_bytes() == b"content"
    assert mode(place / "file") == wanted
    assert names(place) == ["file"]


def test_a_file_is_replaced_whole_or_not_when_that_is_forbidden(place: Path) -> None:
    path = place / "file"
    files.write_file(path, b"old", 0o600)
    with pytest.raises(StorageError, match="already there") as caught:
        files.write_file(path, b"new", 0o644, replace=False)
    assert str(path) in caught.value.sentence
    assert (path.read_bytes(), mode(path)) == (b"old", 0o600)
    files.write_file(path, b"newer", 0o644)
    assert (path.read_bytes(), mode(path)) == (b"newer", 0o644)
    files.write_file(place / "other", b"first", 0o600, replace=False)
    assert names(place) == ["file", "other"]


def test_short_writes_are_gone_on_with(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    files.write_file(place / "file", bytes(range(256)), 0o600)
    assert (place / "file").read_bytes() == bytes(range(256))


@pytest.mark.parametrize("call", ["write", "fsync", "fchmod"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "Permission is denied"),
        (errno.EIO, "The disk does not answer"),
        (errno.ENODEV, "No such device"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    place: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, words: str
) -> None:
    path = place / "file"
    files.write_file(path, b"old", 0o600)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse(number))
        with pytest.raises(StorageError, match=words) as caught:
            files.write_file(path, b"new", 0o600)
    assert str(path) in caught.value.sentence
    assert caught.value.exit_code == 1
    assert path.read_bytes() == b"old"
    assert names(place) == ["file"]


def test_the_interrupted_writer_clears_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_file(place / "file", b"new", 0o600)
    assert names(place) == []


def test_a_file_and_its_directory_are_synced_before_the_write_returns(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        synced.append("directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file" if not (place / "file").exists() else "late")
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    files.write_file(place / "file", b"new", 0o600)
    assert synced == ["file", "directory"]


def test_directories_have_exact_modes_and_existing_ones_are_left_alone(place: Path) -> None:
    before = os.umask(0o077)
    try:
        files.make_dir(place / "a" / "b" / "c", 0o700)
        files.make_dir(place / "a" / "b" / "d", 0o755)
    finally:
        os.umask(before)
    assert [mode(place / each) for each in ("a", "a/b", "a/b/c", "a/b/d")] == [0o755, 0o755, 0o700, 0o755]
    files.make_dir(place / "a", 0o700)
    assert mode(place / "a") == 0o755


def test_a_file_in_a_directorys_place_is_named(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(StorageError, match="already there"):
        files.make_dir(place / "file", 0o700)
    with pytest.raises(StorageError, match=r"already there|A file stands"):
        files.make_dir(place / "file" / "below", 0o700)
    with pytest.raises(StorageError, match="A file stands"):
        files.write_file(place / "file" / "below", b"", 0o600)


def test_many_make_the_same_directory_at_once(place: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        for made in [pool.submit(files.make_dir, place / "a" / "b", 0o755) for _ in range(64)]:
            made.result()
    assert (place / "a" / "b").is_dir()


@pytest.mark.parametrize("root", [True, False])
def test_what_root_makes_belongs_to_the_owner_of_the_directory_above(place: Path, monkeypatch: pytest.MonkeyPatch, root: bool) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(os, "fchown", lambda _fd, uid, gid: given.append((uid, gid)))
    files.new_dir(place / "new", 0o700)
    files.write_file(place / "new" / "file", b"", 0o600)
    above = place.stat()
    assert given == ([(above.st_uid, above.st_gid)] * 2 if root else [])


def test_a_missing_directory_is_named(place: Path) -> None:
    with pytest.raises(StorageError, match="no such file or directory"):
        files.write_file(place / "none" / "file", b"", 0o600)


def test_reading_follows_no_link_waits_for_no_pipe_and_takes_nothing_enormous(place: Path) -> None:
    (place / "file").write_bytes(b"content")
    assert files.read_file(place / "file") == b"content"
    (place / "link").symlink_to("file")
    with pytest.raises(StorageError, match="symbolic link"):
        files.read_file(place / "link")
    assert files.read_file(place / "link", follow=True) == b"content"
    os.mkfifo(place / "pipe")
    with pytest.raises(StorageError, match="no plain file"):
        files.read_file(place / "pipe")
    (place / "directory").mkdir()
    with pytest.raises(StorageError):
        files.read_file(place / "directory")
    with (place / "huge").open("wb") as huge:
        huge.truncate(files.MOST_READ + 1)
    with pytest.raises(StorageError, match="far too long"):
        files.read_file(place / "huge")
    with pytest.raises(FileMissing, match="was not read"):
        files.read_file(place / "none")
    with pytest.raises(FileMissing):
        files.read_file(place / "none" / "file")


def test_a_linked_directory_is_followed_unless_it_must_be_ones_own(place: Path) -> None:
    (place / "real").mkdir()
    (place / "real" / "file").write_bytes(b"content")
    (place / "link").symlink_to("real")
    assert files.read_file(place / "link" / "file") == b"content"
    with pytest.raises(StorageError):
        files.read_file(place / "link" / "file", own_directory=True)


def test_control_characters_of_a_path_stay_out_of_the_sentence(place: Path) -> None:
    with pytest.raises(FileMissing) as caught:
        files.read_file(place / "a\x1b[2Jb")
    assert caught.value.sentence.isprintable()


def test_removing_a_directory_twice_is_once_and_a_file_or_link_is_not_removed(place: Path) -> None:
    (place / "real" / "deep").mkdir(parents=True)
    (place / "link").symlink_to("real")
    (place / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(StorageError, match="was not removed"):
            files.remove_tree(place / name)
    files.remove_tree(place / "real")
    files.remove_tree(place / "real")
    assert names(place) == ["file", "link"]


def test_a_rename_that_cannot_be_made_durable_is_taken_back(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "source").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse(errno.EIO))
        with pytest.raises(StorageError):
            files.rename_dir(place / "source", place / "target")
    assert names(place) == ["source"]


def test_a_file_system_that_cannot_sync_directories_will_do(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    files.fsync_dir(place)


def test_what_cannot_be_discarded_is_noted_on_the_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "half").mkdir()
    error = ValueError("the failure")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse(errno.EACCES))
        files.discard(error, place / "half", place / "none")
    assert [note.startswith("Permission is denied") for note in error.__notes__] == [True]


def test_what_killed_writers_left_is_swept_and_nothing_else(place: Path) -> None:
    for name in (".a[b].0123456789ab.part", ".a[b].0123456789ab", ".a[b].x.part", ".other.0123456789ab.part", "a[b]"):
        (place / name).touch()
    (place / ".a[b].ffffffffffff.part").mkdir()
    (place / ".a[b].ffffffffffff.part" / "key").touch()
    files.sweep(place / "a[b]")
    assert names(place) == [".a[b].0123456789ab", ".a[b].x.part", ".other.0123456789ab.part", "a[b]"]


def test_a_lock_keeps_a_second_one_out_and_says_so(place: Path) -> None:
    with (
        files.lock(place / "lock"),
        pytest.raises(AuthorityUnavailable, match="Another rmtui has held") as caught,
        files.lock(place / "lock", timeout=0.05),
    ):
        pytest.fail("the lock was taken twice")
    assert caught.value.exit_code == 3
    assert mode(place / "lock") == 0o600
    with files.lock(place / "lock", timeout=0):
        pass


def test_a_waiting_thread_gets_the_lock_when_it_is_let_go(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    kept_out, flock = threading.Event(), fcntl.flock

    def told(fd: int, how: int) -> None:
        try:
            flock(fd, how)
        except BlockingIOError:
            kept_out.set()
            raise

    monkeypatch.setattr(fcntl, "flock", told)

    def wait() -> None:
        with files.lock(place / "lock"):
            order.append("second")

    thread = threading.Thread(target=wait)
    with files.lock(place / "lock"):
        thread.start()
        assert kept_out.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_a_killed_process_lets_go_of_the_lock(place: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from rmtui.pki import files\n"
        "with files.lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(place / "lock")], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AuthorityUnavailable), files.lock(place / "lock", timeout=0.05):
            pytest.fail("the lock was taken twice")
        holder.kill()
        holder.wait(30)
        with files.lock(place / "lock", timeout=10):
            pass


def test_a_lock_where_nothing_can_be_made_is_a_sentence(place: Path) -> None:
    with pytest.raises(StorageError, match="was not locked"), files.lock(place / "none" / "lock"):
        pytest.fail("the lock was taken")


class TestExchange:
    def test_two_directories_change_places(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / name).touch()
        files.exchange_dirs(tmp_path / "one", tmp_path / "two")
        assert [path.name for path in (tmp_path / "one").iterdir()] == ["two"]
        assert [path.name for path in (tmp_path / "two").iterdir()] == ["one"]

    def test_one_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "one").mkdir()
        with pytest.raises(StorageError, match="was not exchanged"):
            files.exchange_dirs(tmp_path / "one", tmp_path / "two")
        assert [path.name for path in tmp_path.iterdir() if path.name in {"one", "two"}] == ["one"]

    def test_a_system_that_cannot(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_named: object())
        with pytest.raises(StorageError, match="The file system cannot exchange directories"):
            files.exchange_dirs(tmp_path / "one", tmp_path / "two")

    def test_what_is_not_durable_is_taken_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / name).touch()

        def refuse(_path: Path) -> None:
            raise StorageError("No.")

        monkeypatch.setattr(files, "fsync_dir", refuse)
        with pytest.raises(StorageError):
            files.exchange_dirs(tmp_path / "one", tmp_path / "two")
        assert [path.name for path in (tmp_path / "one").iterdir()] == ["one"]
