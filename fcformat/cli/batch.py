"""One piece of work on every record of files, folders or standard input: a bad record is told and counted, the rest goes on.

A single value is another matter: there an error is the command's.
"""

from __future__ import annotations

import argparse
import itertools
import os
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fcformat.cli.console import CommandError, complain
from fcformat.cli.outputs import results
from fcformat.cli.records import LINES, Entry, Problem, Source, find_sources
from fcformat.cli.tally import Progress, Tally
from fcformat.errors import FcformatError

__all__ = ["Done", "Work", "add_batch_options", "run_batch"]


class Done(NamedTuple):
    """What became of a record: the result, and what is to be said of it as pairs of a kind and a sentence.

    `fields` stood beside it and go along where a text is one record of several, under `text`.
    """

    value: Any
    losses: list[tuple[str, str]]
    fields: Mapping[str, Any] = types.MappingProxyType({})


#: Does the work on one record. What the library refuses about it raises.
Work = Callable[[Any], Done]


class _StoppedError(Exception):
    """A record was refused, and that is the end."""


def add_batch_options(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds the options of commands that work on records."""
    parser.add_argument("--out", metavar="PATH", help="a file, or for folders a folder, instead of standard output")
    parser.add_argument(
        "--input",
        choices=("auto", "lines", "json", "text"),
        default="auto",
        help="a record a line, one JSON value or list, or one text a file (default: told from the file)",
    )
    parser.add_argument("--strict", action="store_true", help="stop at the first record that is refused")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--progress", action="store_true", default=None, help="show progress also where there is no terminal"
    )
    shown.add_argument("--no-progress", action="store_false", dest="progress", help="show no progress")
    parser.add_argument("files", nargs="*", default=["-"], metavar="PATH", help=what)


def run_batch(
    arguments: argparse.Namespace,
    work: Work,
    *,
    how: str | None = None,
    whole: Callable[[Any], bool] = lambda item: False,
    tell: bool = False,
) -> int:
    """Works on all records that the arguments name.

    Args:
        arguments: With what `add_batch_options` adds.
        work: What to do with a record.
        how: How files are read where `--input` does not say.
        whole: Whether an item of a list is a part of one record, which the list is.
        tell: Whether losses are told one by one.

    Returns:
        The exit code: 1 where a record was refused.

    Raises:
        CommandError: A file cannot be read or written, or a single value is no JSON.
        FcformatError: A single value is refused.
    """
    paths = arguments.files or ["-"]
    asked = arguments.input if arguments.input != "auto" else how or "auto"
    sources = find_sources(paths, asked)
    folder = arguments.out is not None and (
        len(sources) > 1 or os.path.isdir(arguments.out) or arguments.out.endswith(os.sep) or os.path.isdir(paths[0])
    )
    progress = _progress(arguments.progress, sources)
    run = _Run(work, Tally(progress), progress, tell, arguments.strict)
    targets = _targets(sources, Path(arguments.out), folder) if arguments.out is not None else [None] * len(sources)
    single = False
    try:
        for source, target in zip(sources, targets):
            single = run.file(source, target, whole, alone=len(sources) == 1, named=not folder) and len(sources) == 1
    except _StoppedError:
        complain("stopped at the first record that is refused (--strict); its file is not written")
    finally:
        run.progress.close()
    if not single:
        run.tally.summary()
    return 1 if run.tally.refused else 0


def _progress(wanted: bool | None, sources: list[Source]) -> Progress:
    known = all(source.path != "-" for source in sources)
    return Progress(wanted, sum(os.path.getsize(source.path) for source in sources) if known else None)


def _targets(sources: list[Source], out: Path, folder: bool) -> list[Path | None]:
    """Where the results of each source go."""
    if not folder:
        return [out]
    targets: list[Path | None] = []
    for source in sources:
        target = out / source.relative
        if target in targets:
            raise CommandError(f"{target}: two files would be written here")
        targets.append(target)
    return targets


class _Run:
    """A run over records."""

    def __init__(self, work: Work, tally: Tally, progress: Progress, tell: bool, strict: bool) -> None:
        self.tally = tally
        self.progress = progress
        self._work = work
        self._tell = tell
        self._strict = strict

    def file(
        self, source: Source, target: Path | None, whole: Callable[[Any], bool], *, alone: bool, named: bool
    ) -> bool:
        """Works on the records of a file.

        Args:
            source: The file.
            target: Where the results go; `None`: standard output.
            whole: As in `run_batch`.
            alone: Whether it is the only file, so that a single value in it is all there is.
            named: Whether the target is as the user named it; else its ending is that of what it holds.

        Returns:
            Whether it held a single value.
        """
        entries = source.entries(whole)
        first = next(entries, None)
        if first is not None and first[0]:
            self._one(source, first[1], target, alone, named)
            return True
        listed = source.how == "auto" and (target or Path(source.path)).suffix.lower() == ".json"
        if target is not None and named:
            listed = target.suffix.lower() not in LINES and target.suffix.lower() == ".json"
        chain = itertools.chain(() if first is None else (first,), entries)
        with results(target, "list" if listed and target is not None else "lines") as written:
            for done in self._all(source, (entry for _, entry in chain), rows=True):
                written.add(done.value)
        return False

    def _one(self, source: Source, entry: Entry, target: Path | None, alone: bool, named: bool) -> None:
        """Works on the single value of a file."""
        if alone:
            if isinstance(entry.value, Problem):
                raise CommandError(f"{source.name}: {entry.value.why}")
            done: Done | None = self._work(entry.value)
            assert done is not None
            for _, sentence in done.losses if self._tell else ():
                complain(sentence)
        else:
            done = next(self._all(source, iter((entry,))), None)
        if done is None:
            return
        if target is not None and not named:
            target = target.with_suffix(".txt" if isinstance(done.value, str) else ".json")
        # Among other files on standard output, a value is a line.
        with results(target, "one" if alone or target is not None else "lines") as written:
            written.add(done.value)

    def _all(self, source: Source, entries: Iterator[Entry], rows: bool = False) -> Iterator[Done]:
        """Works on records; those that are refused are left out. `rows`: whether they are records among others."""
        for entry in entries:
            place = f"{source.name}:{entry.line}"
            self.tally.read += 1
            self.progress.advance(entry.size)
            try:
                if isinstance(entry.value, Problem):
                    self._refuse(place, entry.value.why)
                    continue
                done = self._work(entry.value)
            except FcformatError as error:
                self._refuse(place, str(error))
                continue
            if rows and done.fields and isinstance(done.value, str):
                # Only a field that is itself called so has no place.
                told = [loss for loss in done.losses if loss[0] != "fields" or loss[1].startswith("text: ")]
                done = Done({**done.fields, "text": done.value}, told)
            for kind, sentence in done.losses:
                self.tally.loss(place, kind, sentence)
                if self._tell:
                    self.tally.tell(f"{place}: {sentence}")
            yield done

    def _refuse(self, place: str, why: str) -> None:
        self.tally.problem(place, why)
        if self._strict:
            raise _StoppedError
