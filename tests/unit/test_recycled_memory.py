"""Tests of the memory that the processor's tensors are made in: it serves again once a tensor has ended, and never before."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest
import torch

from fcformat.decoding.recycled_memory import RecycledMemory

ROWS, WIDTH = 4, 151_936


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("shape", [(0, 5), (1, 7), (3, 1000), (ROWS, WIDTH), (9, 100_003)])
def test_a_tensor_has_the_shape_and_type_asked_for(shape: tuple[int, int], dtype: torch.dtype) -> None:
    tensor = RecycledMemory().empty(shape, dtype)
    assert (tensor.shape, tensor.dtype, tensor.is_contiguous()) == (shape, dtype, True)
    assert tensor.data_ptr() % 64 == 0
    assert torch.equal(tensor.fill_(1.5), torch.full(shape, 1.5, dtype=dtype))


def test_memory_serves_again_once_its_tensor_has_ended() -> None:
    memory = RecycledMemory()
    first = memory.empty((ROWS, WIDTH), torch.float32)
    place = first.data_ptr()
    del first
    assert memory.empty((ROWS, WIDTH), torch.float32).data_ptr() == place


def test_memory_is_kept_by_whatever_still_sees_it() -> None:
    memory = RecycledMemory()
    tensor = memory.empty((ROWS, WIDTH), torch.float32).fill_(1.0)
    views = [tensor[2], tensor.detach().numpy()[1], tensor.view(torch.int32)[3]]
    del tensor
    while views:
        memory.empty((ROWS, WIDTH), torch.float32).fill_(7.0)
        assert bool((views.pop() != 7.0).all())


def test_tensors_that_are_kept_have_memory_of_their_own_and_little_is_kept_behind_them() -> None:
    memory = RecycledMemory()
    kept = [memory.empty((ROWS, WIDTH), torch.float32).fill_(float(step)) for step in range(6)]
    assert all(bool((tensor == step).all()) for step, tensor in enumerate(kept))
    kept.clear()
    assert len(memory._unused) == 2


def test_another_batch_gets_memory_of_its_size() -> None:
    memory = RecycledMemory()
    for rows in (1, 8, 2, 8, 32, 2, 2):
        assert memory.empty((rows, WIDTH), torch.float32).fill_(1.0).sum() == rows * WIDTH
    assert max(len(block) for block in memory._unused) < 8 * WIDTH * 4


def test_copies_do_not_share_memory() -> None:
    tensor = RecycledMemory().empty((ROWS, WIDTH), torch.float32).fill_(1.0)
    others = [copy.deepcopy(tensor), pickle.loads(pickle.dumps(tensor)), tensor.clone()]
    tensor.fill_(2.0)
    assert all(bool((other == 1.0).all()) for other in others)


def test_threads_never_get_the_same_memory() -> None:
    memory = RecycledMemory()
    wrong: list[float] = []

    def work(number: float) -> None:
        for _ in range(40):
            tensor = memory.empty((2, WIDTH), torch.float32).fill_(number)
            if bool((tensor != number).any()):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(float(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
