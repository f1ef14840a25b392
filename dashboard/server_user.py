"""Who the embedded PostgreSQL runs as: ourselves, or a user of its own where we are root.

PostgreSQL refuses to run as root. Only what that user needs is opened to it: the right to pass
through the folders above its data and its binaries, never to list or read them.
"""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

from dashboard.config import CannotStart

ROOT = 0
NAME = "ledgerline"


class Credentials(TypedDict, total=False):
    """The arguments of `subprocess.run` that choose a user."""

    user: int
    group: int
    extra_groups: list[int]


def own(folder: Path, binaries: Path) -> None:
    """Give the data folder to the server's user, and let it reach folder and binaries."""
    if os.geteuid() != ROOT:
        _refuse_foreign(folder)
        return
    if folder.stat().st_uid == ROOT:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)
    _let_pass(folder.resolve().parent)
    _let_pass(binaries.resolve())
    _let_run(binaries.resolve().parent.parent)


def credentials(folder: Path) -> Credentials:
    """Return how to become the owner of the folder, if that is somebody else."""
    owner = folder.stat()
    if os.geteuid() != ROOT or owner.st_uid == ROOT:
        return {}
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def private_folder(folder: Path, like: Path) -> None:
    """Make a folder only the owner of `like` can enter; refuse one that somebody else put there."""
    owner = like.stat()
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner.st_uid, os.geteuid()}:
        message = f"{folder} belongs to somebody else; set DATA_DIR to a shorter path."
        raise CannotStart(message)
    if found.st_uid != owner.st_uid:
        os.chown(folder, owner.st_uid, owner.st_gid)
    folder.chmod(0o700)


def is_server_of(cluster: Path, pid: int) -> bool:
    """Whether this process is the PostgreSQL server of that cluster."""
    import psutil  # noqa: PLC0415 - only needed after a crash

    try:
        return str(cluster) in psutil.Process(pid).cmdline()
    except psutil.Error:
        # Gone, or not ours to see: PostgreSQL itself knows what to do with its lock file.
        return True


def _refuse_foreign(folder: Path) -> None:
    if folder.stat().st_uid != os.geteuid():
        message = (
            f"{folder} belongs to another user of this machine; nothing was changed: "
            "start Ledgerline as the user who made it, or set DATA_DIR to a folder of your own."
        )
        raise CannotStart(message)


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", NAME]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed arguments
        return pwd.getpwnam(NAME)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        message = (
            "PostgreSQL does not run as root and no user could be made for it; "
            "start Ledgerline as an ordinary user, or set DATABASE_URL."
        )
        raise CannotStart(message) from error


def _let_pass(folder: Path) -> None:
    closed = [path for path in (folder, *folder.parents) if not path.stat().st_mode & stat.S_IXOTH]
    for path in closed:
        path.chmod(path.stat().st_mode | stat.S_IXOTH)
    if closed:
        # Said once, before there is an app that could log it.
        print("note: PostgreSQL's user may now pass through (not list)", *closed, file=sys.stderr)  # noqa: T201


def _let_run(package: Path) -> None:
    """Make the binaries and their libraries readable, which a strict umask may have prevented."""
    libraries = package.with_name(f"{package.name}.libs")
    for folder in filter(Path.exists, (package, libraries)):
        if not folder.stat().st_mode & stat.S_IROTH:
            for path in (folder, *folder.rglob("*")):
                mode = path.stat().st_mode
                path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
