"""One Dask client a process: local, or the cluster that the environment names."""

import subprocess
import sys

import pytest
from distributed import LocalCluster

from tools import scale


@pytest.fixture
def local(monkeypatch):
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    client = scale.client()
    yield client
    client.close()


def test_importing_tools_starts_nothing():
    code = "import sys, tools.scale; assert 'distributed' not in sys.modules; assert not tools.scale._clients"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_same_client_is_handed_out_every_time(local):
    assert scale.client() is local


def test_a_closed_client_is_replaced(local):
    local.close()
    with scale.client() as again:
        assert again is not local
        assert again.submit(lambda: 42).result() == 42


def test_the_named_cluster_is_used(monkeypatch):
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)
        with scale.client() as client:
            assert client.scheduler.address == cluster.scheduler_address


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "no scheduler at all"])
def test_a_scheduler_that_does_not_answer_is_named_with_the_remedy(monkeypatch, address):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    monkeypatch.setattr(scale, "PATIENCE", "1s")
    with pytest.raises(ConnectionError, match=r"(?s)DASK_SCHEDULER_ADDRESS.*unset the variable"):
        scale.client()
