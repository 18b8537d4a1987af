"""A study that somebody else made: it reads nothing outside its folder and chooses no host.

Such a study is one that the user calls untrusted, or one that is opened from an archive.
"""

from __future__ import annotations

import atexit
import shutil
import stat
from contextlib import ExitStack
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from foncier._util.address_paths import is_address
from foncier._util.scratch import scratch_folder
from foncier.errors import ConfigError, FormatError
from foncier.study.paths import MIRROR, RESULT, VARIABLE, is_path, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipInfo

STUDY = "study.toml"
ARCHIVE = ".zip"
MAX_MEMBERS = 10_000
HOST_KEYS = ("mirror", "insecure", "hosts")  # of `[fetch]`
_opened = ExitStack()  # scratch folders of archives, until the process ends
atexit.register(_opened.close)


def is_archive(where: Path) -> bool:
    """Tell whether a study is to be opened from an archive."""
    return where.suffix.lower() == ARCHIVE and where.is_file()


def open_archive(file: Path) -> Path:
    """Unpack the zip of a study folder to a temporary folder, which ends with the process.

    Returns
    -------
    Folder with ``study.toml``: named after the archive, or after the only folder in it.

    Raises
    ------
    FormatError
        The zip is damaged, too large once unpacked, or a member is outside it or is a link.
    ConfigError
        It has no ``study.toml``.
    """
    from foncier.readers import archives  # noqa: PLC0415 (slow to import)

    archives.zip_members(file, file.name)
    with ZipFile(file) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        for member in members:
            if len(members) > MAX_MEMBERS or not _is_plain(member):
                raise FormatError("study.untrusted.member", file=file, name=member.filename)
        tops = {PurePosixPath(one.filename).parts[0] for one in members}
        names = {one.filename for one in members}
        top = next(iter(tops)) if len(tops) == 1 else ""
        root = top if f"{top}/{STUDY}" in names else ""
        if not root and STUDY not in names:
            raise ConfigError("study.untrusted.no_study", file=file)
        scratch = _opened.enter_context(scratch_folder())
        folder = scratch / (root or file.stem)
        for member in members:
            path = folder.joinpath(*PurePosixPath(member.filename).parts[bool(root) :])
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as packed, path.open("xb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
    return folder


def _is_plain(member: ZipInfo) -> bool:
    """Tell whether a member of a zip is a file below the folder of the zip, on any system."""
    mode = member.external_attr >> 16
    name = member.filename
    path, windows = PurePosixPath(name), PureWindowsPath(name)
    outside = path.is_absolute() or ".." in windows.parts or windows.drive or "\\" in name
    return not outside and bool(path.parts) and (not mode or stat.S_IFMT(mode) in {0, stat.S_IFREG})


def check_untrusted(raw: Any, file: Path) -> None:
    """Check that a study reads nothing outside its folder, no variable, and names no host.

    Links in the folder count by where they lead; sockets and devices are refused.

    Raises
    ------
    ConfigError
        It does; the message names the key or the file.
    """
    folder = file.parent.resolve()
    check_paths(raw, file)
    fetch = raw.get("fetch", {})
    for name in HOST_KEYS:
        if isinstance(fetch, dict) and fetch.get(name):
            raise ConfigError("study.untrusted.host", file=file, key=f"fetch.{name}")
    for path in _unusual_files(folder):
        if path.is_symlink() and path.resolve().is_relative_to(folder):
            continue
        raise ConfigError("study.untrusted.link", file=file, path=path.relative_to(folder))


def check_paths(raw: Any, file: Path) -> None:
    """Check that a settings file names no path outside its folder and no variable in one.

    Raises
    ------
    ConfigError
        It does; the message names the key.
    """
    folder = file.parent.resolve()
    for key, text in texts(raw):
        opened = is_path(key, text)
        if (opened or key == MIRROR) and VARIABLE.search(text):
            raise ConfigError("study.untrusted.variable", file=file, key=key, value=text)
        if opened and is_address(text):
            raise ConfigError("study.untrusted.host", file=file, key=key)
        if opened and not _is_inside(folder, text, beside_data=key.endswith(RESULT)):
            raise ConfigError("study.untrusted.path", file=file, key=key, value=text)


def _is_inside(folder: Path, text: str, *, beside_data: bool) -> bool:
    """Tell whether a path stays in the folder; one beside a file of the study may climb to it."""
    windows = PureWindowsPath(text)
    if windows.drive or windows.root or Path(text).is_absolute():
        return False
    if beside_data:  # relative to a folder in the study: no way out from the deepest or the highest
        return ".." not in windows.parts
    return (folder / text).resolve().is_relative_to(folder)


def _unusual_files(folder: Path) -> Iterator[Path]:
    """Yield what is neither a plain file nor a folder, without following links."""
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            yield path
