"""Small matrices are worked on by one thread, and the count comes back whatever happens inside."""

from collections.abc import Iterator

import pytest

from app.analysis.threads import one_thread, pools


@pytest.fixture
def two_threads() -> Iterator[None]:
    with pools().limit(limits=2, user_api="blas"):
        yield


def counts() -> set[int]:
    return {int(pool["num_threads"]) for pool in pools().info() if pool["user_api"] == "blas"}


def test_numpy_s_and_scipy_s_linear_algebra_are_both_found() -> None:
    homes = {"numpy" if "numpy" in pool["filepath"] else "scipy" for pool in pools().info()}
    assert homes == {"numpy", "scipy"}


@pytest.mark.usefixtures("two_threads")
def test_there_is_one_thread_inside_and_the_former_count_after() -> None:
    assert counts() == {2}
    with one_thread():
        assert counts() == {1}
        with one_thread():
            assert counts() == {1}
        assert counts() == {1}
    assert counts() == {2}


def fail_inside() -> None:
    with one_thread():
        raise RuntimeError("no optimum")


@pytest.mark.usefixtures("two_threads")
def test_the_count_comes_back_after_an_error() -> None:
    with pytest.raises(RuntimeError, match="no optimum"):
        fail_inside()
    assert counts() == {2}
