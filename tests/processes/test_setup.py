"""The set-up from a bare Python: which index is asked, and that nothing unpinned is ever run."""

import http.server
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_tool", ROOT / "tools" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Index(http.server.BaseHTTPRequestHandler):
    """A package index with one page, and a wheel that is not the pinned one."""

    name = ""

    def do_GET(self) -> None:
        body = b"not a wheel"
        if self.path == "/simple/uv/":
            body = f'<a href="../../files/{self.name}#sha256=00">{self.name}</a>'.encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def index(setup: ModuleType) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    Index.name = setup.pinned_wheel()[0]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


def test_a_wheel_that_is_not_the_pinned_one_is_refused(setup: ModuleType, index: str) -> None:
    with pytest.raises(setup.CannotSetUp, match="SHA-256 differs"):
        setup.fetch_uv(index, None)


def test_an_index_without_the_wheel_is_told(setup: ModuleType, index: str) -> None:
    Index.name = "uv-0.0.1.tar.gz"
    with pytest.raises(setup.CannotSetUp, match="PIP_INDEX_URL"):
        setup.fetch_uv(index, None)


def test_an_index_that_is_away_is_told_without_its_password(setup: ModuleType) -> None:
    with pytest.raises(setup.CannotSetUp, match="cannot reach") as told:
        setup.fetch_uv("http://user:hush@127.0.0.1:1/simple", None)
    assert "hush" not in str(told.value)


def test_every_platform_is_pinned_to_one_version(setup: ModuleType) -> None:
    names = [line.split()[1] for line in setup.PINS.read_text().splitlines()]
    assert len({name.split("-")[1] for name in names}) == 1
    assert any("manylinux_2_17_x86_64" in name for name in names)
    assert any("aarch64" in name for name in names)


def test_pips_own_files_and_variables_name_the_index(
    setup: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    (folder / ".config" / "pip").mkdir(parents=True)
    (folder / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://mirror.example.com/a%b\n"
    )
    assert setup.pip_configuration()[0] == "https://mirror.example.com/a%b"
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example.com/simple")
    assert setup.pip_configuration()[0] == "https://other.example.com/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert setup.pip_configuration()[0] is None
    assert setup.locked_index().startswith("https://")
