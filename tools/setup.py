"""Make `.venv` complete: everything Muster and its tests need, exactly as `uv.lock` pins it.

Run by `make setup` with whatever Python 3.11 to 3.14 the machine has; uses the standard library only, and
neither pip nor ensurepip (Debian splits them off). uv itself comes from the package index that pip is
configured with, and is taken only if its SHA-256 is the one in `tools/uv.sha256`. Does nothing when all is
there already.
"""

import base64
import configparser
import fcntl
import hashlib
import importlib.util
import io
import os
import platform
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PINS = ROOT / "tools" / "uv.sha256"
STAMP = VENV / ".muster-setup"
TIMEOUT_SECONDS = 60


class CannotSetUp(Exception):
    """One line for the person at the keyboard."""


def main() -> None:
    """Set up, or say in one line why not."""
    try:
        require_python()
        with PINS.open() as lock:  # two makes at once: the second waits, and finds all done
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_complete():
                set_up()
    except CannotSetUp as error:
        sys.exit(f"setup: {error}")
    except OSError as error:
        sys.exit(f"setup: {error}")


def require_python() -> None:
    if not (3, 11) <= sys.version_info < (3, 15):
        raise CannotSetUp(
            f"Muster needs Python 3.11 to 3.14, this is {platform.python_version()}: install python3.11"
        )
    for module in ("venv", "ssl", "zlib"):
        if importlib.util.find_spec(module) is None:
            raise CannotSetUp(f"this Python lacks its module {module}: install Debian's package python3")


def is_complete() -> bool:
    return (
        STAMP.exists()
        and STAMP.read_text() == wanted()
        and runs([str(VENV / "bin" / "python"), "-c", "import django"])
    )


def wanted() -> str:
    """What the stamp says when `.venv` is up to date."""
    digest = hashlib.sha256()
    for path in (ROOT / "uv.lock", ROOT / "pyproject.toml", PINS):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {ROOT}\n"


def runs(command: list[str], env: dict[str, str] | None = None) -> bool:
    try:
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def set_up() -> None:
    index, certificates = pip_configuration()
    uv = VENV / "bin" / "uv"
    version = pinned_wheel()[0].split("-")[1]
    if not runs([str(VENV / "bin" / "python"), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]):
        print("setup: making .venv", flush=True)
        run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)], dict(os.environ))
    if not runs([str(uv), "--version"]) or version not in output([str(uv), "--version"]):
        print(f"setup: fetching uv {version}", flush=True)
        unpack_uv(fetch_uv(index or locked_index(), certificates), uv)
    print("setup: installing what uv.lock names", flush=True)
    install(uv, index, certificates)
    STAMP.write_text(wanted())


def install(uv: Path, index: str | None, certificates: str | None) -> None:
    """Install what the lock names.

    `uv sync --frozen` fetches from the addresses in the lock. With an index of one's own (a mirror, often the
    only way out of a closed network) the same pinned files are asked of that index, by their hashes.
    """
    env = {
        key: value
        for key, value in os.environ.items()
        if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }
    env |= {"UV_PROJECT_ENVIRONMENT": str(VENV), "UV_PYTHON": str(VENV / "bin" / "python")}
    env |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "VIRTUAL_ENV": str(VENV)}
    if certificates:
        env.setdefault("SSL_CERT_FILE", certificates)
    if not os.access(env.get("HOME", "/nonexistent"), os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(VENV / ".uv-cache"))
    elif ssl.create_default_context().get_ca_certs():
        env.setdefault(
            "UV_SYSTEM_CERTS", "1"
        )  # a company's own authority stands there, not in uv's built-in list
    if index is None or index.rstrip("/") == locked_index().rstrip("/"):
        sync(uv, env)
        return
    env.setdefault("UV_DEFAULT_INDEX", index)
    pins = VENV / "requirements.txt"
    run([str(uv), "export", "--frozen", "--quiet", "--no-emit-project", "--output-file", str(pins)], env)
    run([str(uv), "pip", "sync", "--quiet", "--require-hashes", str(pins)], env)
    run([str(uv), "pip", "install", "--quiet", "--no-deps", "--editable", str(ROOT)], env)


def sync(uv: Path, env: dict[str, str]) -> None:
    """`uv sync --frozen`; every file is held to the lock's SHA-256.

    So a machine that has no certificate authority and stands behind a proxy with its own can do without.
    """
    command = [str(uv), "sync", "--frozen", "--quiet"]
    if not env.get("SSL_CERT_FILE") and "UV_SYSTEM_CERTS" not in env:
        if runs(command, env):
            return
        hosts = set(re.findall(r'https://([^/"@]+)/', (ROOT / "uv.lock").read_text()))
        env = env | {"UV_INSECURE_HOST": " ".join(sorted(hosts))}
    run(command, env)


def run(command: list[str], env: dict[str, str]) -> None:
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode != 0:
        raise CannotSetUp(
            f"{Path(command[0]).name} {command[1]} failed, see above; mend it and run make setup again"
        )


def output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def pip_configuration() -> tuple[str | None, str | None]:
    """The package index and the certificate bundle pip is told to use, where it is told: environment, then
    files.
    """
    index, certificates = None, None
    for path in pip_files():
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise CannotSetUp(f"{path} cannot be read: {error}") from error
        index = parser.get("global", "index-url", fallback=index)
        index = parser.get("install", "index-url", fallback=index)
        certificates = parser.get("global", "cert", fallback=certificates)
    index = os.environ.get("PIP_INDEX_URL") or index
    certificates = os.environ.get("PIP_CERT") or certificates
    return index, certificates if certificates and Path(certificates).exists() else None


def pip_files() -> list[Path]:
    """pip's own order: the last one wins."""
    if named := os.environ.get("PIP_CONFIG_FILE"):
        return [] if named == os.devnull else [Path(named)]
    home = Path(os.environ.get("HOME") or "/nonexistent")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    shared = [
        Path(folder) / "pip" / "pip.conf"
        for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    ]
    return [*reversed(shared), Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]


def locked_index() -> str:
    """The index `uv.lock` was made with."""
    found = re.search(r'registry = "([^"]+)"', (ROOT / "uv.lock").read_text())
    if found is None:
        raise CannotSetUp("uv.lock names no package index")
    return found.group(1)


def pinned_wheel() -> tuple[str, str]:
    """File name and SHA-256 of the uv that runs here."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if sys.platform == "darwin":
        part = "macosx_11_0_arm64" if machine == "aarch64" else "macosx_10_12_x86_64"
    else:
        part = (
            f"manylinux_2_17_{machine}" if platform.libc_ver()[0] == "glibc" else f"musllinux_1_1_{machine}"
        )
    for line in PINS.read_text().splitlines():
        digest, name = line.split()
        if part in name:
            return name, digest
    raise CannotSetUp(f"no uv is pinned for {sys.platform} on {machine}: add it to tools/uv.sha256")


class Links(HTMLParser):
    """Every address on a page of a package index."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def fetch_uv(index: str, certificates: str | None) -> bytes:
    name, digest = pinned_wheel()
    return fetch("uv", name, digest, index, certificates)


def fetch(project: str, name: str, digest: str, index: str, certificates: str | None) -> bytes:
    """A file of a project on the package index, when its SHA-256 is the pinned one."""
    page = f"{index.rstrip('/')}/{project}/"
    links = Links()
    links.feed(get(page, certificates).decode(errors="replace"))
    for link in links.found:
        address = urllib.parse.urljoin(page, link)
        if urllib.parse.unquote(urllib.parse.urlsplit(address).path).rsplit("/", 1)[-1] == name:
            found = get(address.split("#")[0], certificates)
            if hashlib.sha256(found).hexdigest() != digest:
                raise CannotSetUp(f"{name} from the package index is not the pinned one (SHA-256 differs)")
            return found
    raise CannotSetUp(f"the package index has no {name}: point PIP_INDEX_URL to one that has")


def get(address: str, certificates: str | None) -> bytes:
    """The bytes behind `address`.

    What is fetched is held to a pinned SHA-256, so a machine without certificate authorities (Debian without
    ca-certificates) is served too; a password is never sent to a server that cannot prove its name.
    """
    parts = urllib.parse.urlsplit(address)
    request = urllib.request.Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    request.add_header("Accept", "text/html, */*;q=0.1")
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    try:
        try:
            return read(request, ssl.create_default_context(cafile=certificates))
        except urllib.error.URLError as error:
            if parts.username or not isinstance(error.reason, ssl.SSLCertVerificationError):
                raise
            return read(request, ssl._create_unverified_context())
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise CannotSetUp(
            f"cannot reach the package index at {parts.hostname or address}: {reason}"
        ) from error


def read(request: urllib.request.Request, context: ssl.SSLContext) -> bytes:
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
        return bytes(answer.read())


def unpack_uv(wheel: bytes, target: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        for name in archive.namelist():
            if name.endswith(".data/scripts/uv"):
                making = target.with_name("uv.making")
                making.write_bytes(archive.read(name))
                making.chmod(0o755)
                making.replace(target)
                return
    raise CannotSetUp("the uv wheel holds no program: report it")


if __name__ == "__main__":
    main()
