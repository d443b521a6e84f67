"""Where results go: standard output, or files that appear only when they are whole.

A file is written beside its place under a name of its own and moved there at the end; what is interrupted leaves the
file that was there, or none.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from fcformat.cli.console import CommandError

__all__ = ["Results", "results"]


class Results:
    """Writes results one by one.

    Attributes:
        how: `"lines"`: JSON, one a line; `"list"`: one JSON list; `"one"`: one value, text as it is, JSON indented.
    """

    def __init__(self, stream: IO[bytes], how: str) -> None:
        self.how = how
        self._stream = stream
        self._count = 0

    def add(self, value: Any) -> None:
        """Writes a result; a text among several is an object with the key `text`."""
        if self.how == "one":
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        else:
            text = json.dumps({"text": value} if isinstance(value, str) else value, ensure_ascii=False)
            if self.how == "list":
                text = ("[\n" if self._count == 0 else ",\n") + text
            else:
                text += "\n"
        self._count += 1
        self._stream.write(text.encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """Writes what ends the results."""
        if self.how == "list":
            self._stream.write(b"[]\n" if self._count == 0 else b"\n]\n")
        self._stream.flush()


@contextlib.contextmanager
def results(path: Path | None, how: str) -> Iterator[Results]:
    """Results on standard output, or in a file that appears at the end, if nothing is raised.

    Raises:
        CommandError: The file cannot be written.
    """
    if path is None:
        sys.stdout.flush()
        written = Results(sys.stdout.buffer, how)
        yield written
        written.close()
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    try:
        with open(descriptor, "wb") as stream:
            written = Results(stream, how)
            yield written
            written.close()
            os.fsync(stream.fileno())
        # `mkstemp` makes a file that only its owner may read; results are as any other file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
