"""What the processes of one machine agree on: locks, and who is still there."""

import os
import tempfile
from pathlib import Path


def machine_lock(name: str) -> Path:
    """Path of a lock file that all runs of this user on this machine share."""
    folder = Path(tempfile.gettempdir()) / f"plg-tests-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{name}.lock"


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
