"""Proves the two commands: a fresh clone, an empty home, no `.venv`; `make up` to a page, then `make test`.

    python3 tests/fresh/prove.py            # as root: both as root and as an ordinary user; else as yourself
    python3 tests/fresh/prove.py --only up  # without make test
    python3 tests/fresh/prove.py --python /opt/python3.13/bin/python3
    python3 tests/fresh/prove.py --without-ensurepip  # as Debian splits it off; root only

Stands outside `make test`, which it runs. Standard library only; proves what HEAD holds, not the work tree.
"""

import argparse
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What tells a machine where packages and certificates are; everything else of the environment is left behind.
KEPT = (
    "PIP_INDEX_URL",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTPS_PROXY",
)
READY_SECONDS = 300
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Clone:
    """A fresh clone that `user` owns, with an empty home beside it."""

    def __init__(self, user: str, python: "str | None") -> None:
        self.user = pwd.getpwnam(user)
        self.python = python
        self.folder = Path(tempfile.mkdtemp(prefix="muster-fresh-"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir()
        # Under a path that everybody can enter: as root, web and worker then drop to an ordinary user too.
        self.tree = self.folder / "muster"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(self.tree)], check=True)
        if os.geteuid() == 0:
            subprocess.run(
                ["chown", "-R", f"{self.user.pw_uid}:{self.user.pw_gid}", str(self.folder)], check=True
            )

    def make(self, *arguments: str, **more: object) -> "subprocess.Popen[str]":
        """Start make as the clone's user, with an environment that holds nothing."""
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        env |= {"HOME": str(self.home), "PATH": PATH}
        env |= {"PYTHON": self.python} if self.python else {}
        drop = os.geteuid() == 0 and self.user.pw_uid != 0
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            ["make", "--no-print-directory", *arguments],
            cwd=self.tree,
            env=env,
            user=self.user.pw_uid if drop else None,
            group=self.user.pw_gid if drop else None,
            extra_groups=[] if drop else None,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **more,
        )

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)


def prove_up(clone: Clone) -> None:
    """`make up` ends at a page a person can use; killed, it starts again on the same data."""
    began = time.monotonic()
    process, ready = start(clone)
    first = time.monotonic() - began
    page, setup = fetch(ready["url"]), fetch(ready["setup_url"])
    if "<form" not in page or "<form" not in setup:
        sys.exit(f"FAILED: no form at {ready['url']} or at its set-up link")
    end(process, signal.SIGKILL)
    began = time.monotonic()
    process, again = start(clone)
    second = time.monotonic() - began
    if again["token"] is not None or again["data"] != ready["data"]:
        sys.exit("FAILED: the second start did not find the first one's data")
    fetch(again["url"])
    end(process, signal.SIGTERM)
    if process.returncode != 0:
        sys.exit(f"FAILED: a graceful stop ended with code {process.returncode}")
    print(f"make up: a page after {first:.0f} s, after kill -9 again after {second:.1f} s", flush=True)


def start(clone: Clone) -> "tuple[subprocess.Popen[str], dict[str, str]]":
    """`make up` until its line of JSON."""
    arguments = f"--json --port 0 --data {clone.folder / 'home' / 'data'}"
    process = clone.make("up", f"ARGS={arguments}")
    assert process.stdout is not None
    signal.alarm(READY_SECONDS)
    for line in process.stdout:
        print(f"    {line.rstrip()}", flush=True)
        if line.startswith("{"):
            signal.alarm(0)
            return process, json.loads(line)
    sys.exit(f"FAILED: make up ended with code {process.wait()} before it was ready")


def end(process: "subprocess.Popen[str]", how: signal.Signals) -> None:
    """Signal `muster up` itself (make has become it) and wait."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]) if children and is_make(process.pid) else process.pid, how)
    process.wait(60)


def is_make(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().strip() == "make"


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def prove_test(clone: Clone) -> None:
    """`make test` passes, and pytest's summary is the last thing it says."""
    began = time.monotonic()
    process = clone.make("test", stderr=subprocess.STDOUT)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        print(f"    {line.rstrip()}", flush=True)
    if process.wait() != 0 or " passed" not in lines[-1]:
        sys.exit(f"FAILED: make test ended with code {process.returncode}")
    print(f"make test: {lines[-1].strip('= ')}, all in {time.monotonic() - began:.0f} s", flush=True)


def hide_ensurepip(python: str) -> None:
    """Become the same script without ensurepip: an empty folder lies over it, seen by this process only."""
    look = "import importlib.util; print(importlib.util.find_spec('ensurepip').origin)"
    found = subprocess.run(
        [python, "-c", look], capture_output=True, text=True, check=True, env={"PATH": PATH}
    )
    folder = str(Path(found.stdout.strip()).parent)
    words = [word for word in sys.argv if word != "--without-ensurepip"]
    over = 'mount --bind "$0" "$1" && shift && exec "$@"'
    empty = tempfile.mkdtemp(prefix="muster-empty-")
    os.chmod(empty, 0o755)
    os.execvp("unshare", ["unshare", "-m", "sh", "-c", over, empty, folder, sys.executable, *words])


def main() -> None:
    """Prove as every user this process may become."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["up", "test"], help="one of the two commands")
    parser.add_argument("--user", action="append", help="whom to be (default: root and nobody, or yourself)")
    parser.add_argument("--python", help="which Python to set up with (default: the machine's)")
    parser.add_argument("--without-ensurepip", action="store_true", help="hide it first (root only)")
    asked = parser.parse_args()
    if asked.without_ensurepip:
        hide_ensurepip(asked.python or "python3")
    own = pwd.getpwuid(os.geteuid()).pw_name
    for user in asked.user or (["root", "nobody"] if os.geteuid() == 0 else [own]):
        print(f"== as {user}, in a fresh clone with an empty home", flush=True)
        clone = Clone(user, asked.python)
        try:
            if asked.only != "test":
                prove_up(clone)
            if asked.only != "up":
                prove_test(clone)
        finally:
            clone.remove()
    print("PROVED", flush=True)


if __name__ == "__main__":
    main()
