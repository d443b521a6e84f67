"""The GPU kernels compile for a GPU, also where there is none; skipped without Triton, and under its interpreter."""

from __future__ import annotations

import os
from typing import Any

import pytest

triton = pytest.importorskip("triton")
if os.environ.get("TRITON_INTERPRET") == "1":
    pytest.skip("Triton is set to interpret", allow_module_level=True)

TYPES = {"source": "*{}", "target": "*{}", "logits": "*{}", "words": "*i32", "seen": "*i32", "rows": "*i64"}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("element", ["fp32", "fp16", "bf16", "fp64"])
@pytest.mark.parametrize("name", ["_apply_kernel", "_copy_kernel", "_restore_kernel"])
def test_a_kernel_compiles(name: str, element: str) -> None:
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from fcformat.decoding import bitmask_triton

    kernel: Any = getattr(bitmask_triton, name)
    constants = {"BLOCK": 64, "HAS_ROWS": True}
    signature = {
        argument: "constexpr" if argument in constants else TYPES.get(argument, "i64").format(element)
        for argument in kernel.arg_names
    }
    places = {(kernel.arg_names.index(n),): value for n, value in constants.items() if n in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=signature, constexprs=places)
    for target in (GPUTarget("cuda", 80, 32), GPUTarget("cuda", 90, 32)):
        assert ".visible .entry" in triton.compile(source, target=target).asm["ptx"]
