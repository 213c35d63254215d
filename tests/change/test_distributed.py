"""On a cluster of processes: the same numbers, even when one of them is killed at its work."""

import os
import signal
import time

import numpy as np
import pytest
from distributed import Client, LocalCluster, futures_of

from tests.change.bucket import CRS, FIRST, LAST, bounds_of, write_bucket
from tools import scale
from tools.alphaearth import open_cube
from tools.change import change_between, change_kernel, change_statistics

SIDE, BLOCK = 256, 32


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    root = tmp_path_factory.mktemp("bucket") / "v1" / "annual"
    tiles = write_bucket(root, SIDE, east=False)
    return root, change_kernel(tiles[FIRST, "west"], tiles[LAST, "west"])


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of one thread each, whose keeper starts another where one dies."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture
def change(bucket, monkeypatch):
    """The map, lazily, in 64 blocks."""
    monkeypatch.setattr("tools.alphaearth.cube.BLOCK", BLOCK)
    cube = open_cube(bucket[0], bounds_of(SIDE), [FIRST, LAST], bounds_crs=CRS, dequantised=False)
    return change_between(cube, FIRST, LAST)


def test_two_processes_give_the_same_numbers(bucket, cluster, change, monkeypatch):
    alone = change_statistics(change)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)
    with scale.client() as client:
        assert len(set(client.run(os.getpid).values()) - {os.getpid()}) == 2
        held = change.persist()
        np.testing.assert_array_equal(held, bucket[1])
        told = change_statistics(held)
    np.testing.assert_allclose(told, alone, rtol=1e-12)


def test_a_worker_killed_at_its_work_costs_time_only(bucket, cluster, change):
    with Client(cluster) as client:
        pids = client.run(os.getpid)
        held = change.persist()
        blocks = futures_of(held)
        assert len(blocks) == (SIDE // BLOCK) ** 2
        done = wait_for_some(blocks)
        assert done < len(blocks)  # it is still at work
        victim = next(iter(pids.values()))
        os.kill(victim, signal.SIGKILL)
        np.testing.assert_array_equal(held, bucket[1])
        client.wait_for_workers(2)
        assert victim not in client.run(os.getpid).values()


def wait_for_some(blocks) -> int:
    """Wait until some blocks are done, and return how many."""
    while not (done := sum(block.done() for block in blocks)) >= 4:
        time.sleep(0.002)
    return done
