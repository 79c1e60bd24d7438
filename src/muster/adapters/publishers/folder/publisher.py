"""Puts a status page into a folder, file by file and each at once (reliability I17, I18; R45)."""

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from muster.core.ports.publisher import Published, PublishFailed, PublishReason
from muster.core.ports.publisher_form import PublisherForm
from muster.core.text import message_id as _
from muster.foundation.failpoints import fail_point

FORM = PublisherForm(kind="folder", name=_("Folder"))
_TEMPORARY = ".new-"
_LEFTOVER_SECONDS = 300
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR})


class FolderPublisher:
    """Writes pages to `<root>/<slug>/`. A reader sees the old bytes of a file or the new ones, never half.

    Pages (`.html`) are written after everything they may need. Unchanged files are left as they are.
    """

    form: PublisherForm = FORM

    def __init__(self, root: Path) -> None:
        self._root = root

    def publish(self, slug: str, files: Mapping[str, bytes]) -> Published:
        """Make exactly these files the page; see the port."""
        folder = self._root / _safe(slug, parts_limit=1)
        wanted = {_safe(name): content for name, content in files.items()}
        try:
            written = [name for name in sorted(wanted, key=_last_pages) if _put(folder / name, wanted[name])]
            _sweep(folder, set(wanted))
            _confirm(folder, wanted)
        except OSError as why:
            raise PublishFailed(_reason(why), os.strerror(why.errno or 0)) from why
        return Published(digest=digest_of(files), files=len(wanted), written=len(written))

    def path_of(self, slug: str) -> Path:
        """The folder that holds this page."""
        return self._root / _safe(slug, parts_limit=1)


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over all paths and bytes, in the order of the paths."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{len(name.encode())}:{name}:{len(files[name])}:".encode())
        total.update(files[name])
    return total.hexdigest()


def _safe(name: str, parts_limit: int = 12) -> PurePosixPath:
    """The path, if it stays inside its folder. Raises `PublishFailed`."""
    path = PurePosixPath(name)
    bad = (
        not name
        or not name.isprintable()
        or "\\" in name
        or path.is_absolute()
        or not 0 < len(path.parts) <= parts_limit
        or any(part == ".." or part.startswith(_TEMPORARY) for part in path.parts)
    )
    if bad:
        raise PublishFailed(PublishReason.BAD_NAME, repr(name)[:100])
    return path


def _last_pages(path: PurePosixPath) -> tuple[bool, bool, str]:
    return path.suffix == ".html", path.name == "index.html" and len(path.parts) == 1, str(path)


def _put(path: Path, content: bytes) -> bool:
    """Write one file: on disk before it is seen, and then at once. False when it was there already."""
    if _read(path) == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{_TEMPORARY}{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            file.write(content[: len(content) // 2])
            fail_point("S2")
            file.write(content[len(content) // 2 :])
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path, wanted: set[PurePosixPath]) -> None:
    """Remove what the page no longer has, and what killed writers left behind."""
    for found in sorted(folder.rglob("*"), reverse=True):
        inside = PurePosixPath(found.relative_to(folder).as_posix())
        if found.is_dir() and not found.is_symlink():
            with contextlib.suppress(OSError):
                found.rmdir()
        elif inside not in wanted and not _being_written(found):
            found.unlink(missing_ok=True)


def _being_written(path: Path) -> bool:
    return path.name.startswith(_TEMPORARY) and time.time() - path.lstat().st_mtime < _LEFTOVER_SECONDS


def _confirm(folder: Path, wanted: Mapping[PurePosixPath, bytes]) -> None:
    """Read everything back: a page is live only when its bytes are."""
    for name, content in wanted.items():
        if (folder / name).read_bytes() != content:
            raise PublishFailed(PublishReason.NOT_CONFIRMED, str(name))


def _reason(why: OSError) -> PublishReason:
    if why.errno in _NO_SPACE:
        return PublishReason.NO_SPACE
    return PublishReason.NOT_WRITABLE if why.errno in _NOT_WRITABLE else PublishReason.FAILED
