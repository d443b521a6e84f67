"""The package as it is installed: what importing it costs, what it names, what it ships."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import fcformat

HEAVY = ("torch", "transformers", "tokenizers", "jinja2", "pydantic", "hypothesis", "rich")


def modules_after(statement: str, folder: Path) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after the statement."""
    code = f"import json, sys; {statement}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True)
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("module", ["fcformat", "fcformat.cli", "fcformat.chat", "fcformat.formats", "fcformat.data"])
def test_importing_pulls_in_nothing_heavy(module: str, tmp_path: Path) -> None:
    assert modules_after(f"import {module}", tmp_path).isdisjoint(HEAVY)


def test_every_public_name_exists_and_explains_itself() -> None:
    assert sorted(fcformat.__all__) == sorted(set(fcformat.__all__))
    for name in fcformat.__all__:
        value = getattr(fcformat, name)
        if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
            assert value.__doc__, f"fcformat.{name} has no docstring"
            assert value.__doc__ != inspect.getdoc(object), f"fcformat.{name} has no docstring of its own"


def test_every_public_name_is_listed_by_dir() -> None:
    assert set(fcformat.__all__) <= set(dir(fcformat))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        fcformat.no_such_name  # noqa: B018


def test_the_version_is_that_of_the_metadata() -> None:
    assert fcformat.__version__ == importlib.metadata.version("fcformat")


def test_numpy_is_the_only_requirement() -> None:
    requirements = importlib.metadata.requires("fcformat") or []
    assert [line for line in requirements if "extra ==" not in line] == ["numpy"]


def test_the_extras_are_those_that_the_readme_names() -> None:
    extras = importlib.metadata.metadata("fcformat").get_all("Provides-Extra") or []
    assert set(extras) == {"torch", "transformers", "hypothesis", "jinja", "demo", "test", "lint", "bench", "all"}


def installed_files() -> list[str]:
    """Files of the installed distribution, relative to site-packages; skips where the install is editable."""
    distribution = importlib.metadata.distribution("fcformat")
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        pytest.skip("an editable install has no files of its own")
    return [path.as_posix() for path in distribution.files or []]


def test_the_tests_run_against_the_installed_package() -> None:
    assert "fcformat/__init__.py" in installed_files()
    installed = importlib.metadata.distribution("fcformat").locate_file("fcformat/__init__.py")
    assert Path(fcformat.__file__).resolve() == Path(str(installed)).resolve()


def test_the_wheel_holds_the_package_and_nothing_else() -> None:
    for name in installed_files():
        inside = (
            name.startswith("fcformat/") or name.split("/")[0].endswith(".dist-info") or name.endswith("bin/fcformat")
        )
        assert inside, name
    assert not [name for name in installed_files() if name.endswith((".cc", ".h", "corpus.txt"))]


def test_the_wheel_holds_types_stubs_licence_and_data() -> None:
    names = installed_files()
    for name in ("fcformat/py.typed", "fcformat/_core.pyi", "fcformat/data/demo_tokenizer.json"):
        assert name in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]
