"""Run the whole test suite once, as `make test` promises, and end with pytest's summary line.

The browser and real-peer rings drive programs from Debian. As root those are installed first; an ordinary
user without them is told so and the rest is run, except where CI=true: there a ring that does not run is a
failure.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


# Which ring of the tests drives which package.
RINGS = {
    "chromium": "browser",
    "prometheus-alertmanager": "peers",
    "prometheus": "peers",
    "dovecot-imapd": "peers",
    "postgresql": "peers",
}


def main() -> None:
    """Exit with pytest's own code."""
    missing = missing_packages()
    if missing and os.geteuid() == 0:
        subprocess.run(["sh", str(ROOT / "tools" / "deps.sh")], check=False, stdout=sys.stderr)
        missing = missing_packages()
    # In the order of the folders: sorted by their number of tests, the few that take minutes would come last,
    # one after the other on one processor.
    arguments = (os.environ.get("PYTEST") or "-n 2 --dist loadscope --no-loadscope-reorder").split()
    if missing:
        print(f"SKIPPED: run make deps as root (missing: {', '.join(missing)})", flush=True)
        if os.environ.get("CI") == "true":
            sys.exit("CI=true: the browser and real-peer rings must run")
        arguments += ["-m", " and ".join(f"not {ring}" for ring in sorted({RINGS[name] for name in missing}))]
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])


def missing_packages() -> list[str]:
    """Debian packages the rings need and the machine lacks."""
    answer = subprocess.run(
        ["sh", str(ROOT / "tools" / "deps.sh"), "--missing"], capture_output=True, text=True, check=False
    )
    return answer.stdout.split()


if __name__ == "__main__":
    main()
