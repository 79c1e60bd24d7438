"""Children that do not outlive their parent, even when it is killed with SIGKILL."""

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded once, here: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(how: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """A `preexec_fn` that has the kernel send `how` to the child when the thread that started it ends.

    Start such children from the main thread. None where the platform cannot do it (then only a graceful stop
    stops the children). A change of user clears the request, therefore it must run after it: Popen's `user=`
    does.
    """
    libc = _libc
    if libc is None:
        return None

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)

    return ask_kernel
