"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
TlsCert = Annotated[Path | None, typer.Option(help="Certificate chain (PEM): speak HTTPS.")]
TlsKey = Annotated[Path | None, typer.Option(help="Key of the certificate (PEM).")]
