"""Build of the native module; everything else about the package stands in pyproject.toml.

Only what has changed is compiled again. Two variables choose another kind of build, each with objects of its own:

- `FCFORMAT_SANITIZE=address,undefined`: with those sanitizers, debug symbols and assertions, instead of optimising.
- `FCFORMAT_COVERAGE=1`: counts which lines run, for gcov.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension, build_ext
from setuptools import setup

ROOT = Path(__file__).resolve().parent


def files(suffix: str) -> list[str]:
    """All files of `csrc/` with this suffix, sorted so that a build does not depend on the file system's order."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "csrc").rglob(f"*{suffix}"))


def flags() -> tuple[str, list[str], list[str]]:
    """A name for the kind of build, and arguments for the compiler and for the linker."""
    sanitizers = os.environ.get("FCFORMAT_SANITIZE", "")
    coverage = os.environ.get("FCFORMAT_COVERAGE", "") not in ("", "0")
    if sys.platform == "win32":
        if sanitizers or coverage:
            raise SystemExit("FCFORMAT_SANITIZE, FCFORMAT_COVERAGE: found a value on Windows, expected GCC or Clang")
        return "", ["/O2"], []
    if sanitizers and coverage:
        raise SystemExit("FCFORMAT_SANITIZE, FCFORMAT_COVERAGE: found both, expected one")
    warnings = ["-Wall", "-Wextra", "-MMD"]
    if sanitizers:
        sanitize = [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all"]
        debug = ["-O1", "-g", "-UNDEBUG", "-fno-wrapv", "-fno-omit-frame-pointer"]
        return sanitizers.replace(",", "-"), [*warnings, *debug, *sanitize], sanitize
    if coverage:
        return (
            "coverage",
            [*warnings, "-O1", "-g", "-fprofile-update=single", "--coverage"],
            ["--coverage"],
        )
    return "", [*warnings, "-O3"], []


def must_compile(made: str, source: str) -> bool:
    """Whether an object is older than what the compiler read when it made it (`-MMD` has it write that down beside the object)."""
    read = Path(made).with_suffix(".d")
    if not Path(made).exists() or not read.exists():
        return True
    _, _, names = read.read_text(encoding="utf-8").partition(":")
    age = Path(made).stat().st_mtime
    paths = map(Path, (source, *names.replace("\\\n", " ").split()))
    return any(not path.exists() or path.stat().st_mtime > age for path in paths)


kind, compile_args, link_args = flags()
# The sources are independent of each other: compile them on all cores.
ParallelCompile("FCFORMAT_JOBS", default=0, needs_recompile=must_compile).install()
setup(
    ext_modules=[
        Pybind11Extension(
            "fcformat._core",
            [*files(".cc"), *([".ci/write_counters.cc"] if kind == "coverage" else [])],
            include_dirs=["csrc"],
            depends=files(".h"),
            cxx_std=20,
            extra_compile_args=compile_args,
            extra_link_args=link_args,
        )
    ],
    cmdclass={"build_ext": build_ext},
    # Always linked: a module that is there may be of another kind.
    options={"build_ext": {"force": True}, **({"build": {"build_base": f"build/{kind}"}} if kind else {})},
)
