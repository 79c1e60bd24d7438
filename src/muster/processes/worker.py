"""`muster worker`: the engine. Any number; they share the work through PostgreSQL."""

import gc
import signal
import sys
import threading

from django.utils.module_loading import import_string

from muster.processes.logs import configure
from muster.processes.schema import require_schema
from muster.processes.surroundings import enter

# A thread that has its rows waits this long, at most, for another that computes: a page crosses six of them.
_THREAD_SWITCH_S = 0.0005


def worker() -> None:
    """Run it until SIGTERM."""
    sys.setswitchinterval(_THREAD_SWITCH_S)
    configure(enter("muster worker").log_format)
    require_schema()
    # Nothing that exists by now ever goes away: the collector need not walk through it again and again.
    run = import_string("muster.config.engine.run")  # its models can be imported only now
    gc.collect()
    gc.freeze()
    stop = threading.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: stop.set())
    run(stop)
