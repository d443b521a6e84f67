"""Build of the native module; everything else about the package stands in pyproject.toml.

`FCFORMAT_SANITIZE=address,undefined` builds with those sanitizers, debug symbols and assertions instead of optimising.
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


def flags() -> tuple[list[str], list[str]]:
    """Arguments for the compiler and for the linker."""
    sanitizers = os.environ.get("FCFORMAT_SANITIZE", "")
    if sys.platform == "win32":
        if sanitizers:
            raise SystemExit("FCFORMAT_SANITIZE: found a value on Windows, expected GCC or Clang")
        return ["/O2"], []
    warnings = ["-Wall", "-Wextra"]
    if sanitizers:
        sanitize = [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all"]
        return [*warnings, "-O1", "-g", "-UNDEBUG", "-fno-wrapv", "-fno-omit-frame-pointer", *sanitize], sanitize
    return [*warnings, "-O3"], []


compile_args, link_args = flags()
# The sources are independent of each other: compile them on all cores.
ParallelCompile(default=0).install()
setup(
    ext_modules=[
        Pybind11Extension(
            "fcformat._core",
            files(".cc"),
            include_dirs=["csrc"],
            depends=files(".h"),
            cxx_std=20,
            extra_compile_args=compile_args,
            extra_link_args=link_args,
        )
    ],
    cmdclass={"build_ext": build_ext},
)
