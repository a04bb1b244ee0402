"""One writer a folder: a lock that dies with its process, whatever it dies of."""

import errno
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK}
"""What the systems answer when somebody else holds the lock."""


def take_lock(path: Path) -> int | None:
    """Lock a file, made if need be, and return its descriptor: closing it gives the lock back. None while another holds it.

    On a drive that knows no locks everybody gets one.

    Raises:
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            os.close(descriptor)
            return None
    return descriptor
