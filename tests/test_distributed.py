"""A cluster of worker processes through joblib: the same numbers, whoever dies."""

import os
import signal
import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from skdime import Disentangler, LocalExplainer, explain_batches
from tests._data import TWO, assert_same_numbers

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client():
    """A client of a cluster of three worker processes on this machine."""
    options = {"dashboard_address": None, "processes": True, "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=3, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def explainer_of(folder=None, max_memory=4_000):
    """Unfitted; writes the name of each process it is called in to `folder`."""

    def model(X):
        if folder is not None:
            import os
            import time

            with open(os.path.join(folder, str(os.getpid())), "a") as stream:
                stream.write(f"{len(X)}\n")
            time.sleep(0.002)
        return X[:, 0] * X[:, 1] + X[:, 2] * (X[:, 3] - X[:, 4])

    dis = Disentangler(
        model, TWO, n_references=8, max_memory=max_memory, random_state=0
    )
    # the time that the model takes on a cluster does not choose the algorithm
    return LocalExplainer(dis, n_samples=40, random_state=0)


def processes(folder):
    """The processes in which the model was called."""
    return {int(name) for name in os.listdir(folder) if name.isdigit()} - {os.getpid()}


def test_explain_on_a_cluster(client, X, tmp_path):
    expected = explainer_of().fit(X).explain(X[:6])
    explainer = explainer_of(tmp_path)
    with joblib.parallel_config(backend="dask"):
        actual = explainer.fit(X).explain(X[:6])
    assert_same_numbers(actual, expected)
    assert actual.n_model_rows == expected.n_model_rows
    assert len(processes(tmp_path)) == 3


def test_fitted_models_on_a_cluster(client, X, labels):
    from sklearn.neural_network import MLPClassifier

    mlp = MLPClassifier((8,), max_iter=30, tol=1, random_state=0)
    explainer = explainer_of().set_params(disentangler__estimator=mlp)
    expected = clone(explainer).fit(X, labels).explain(X[:4])
    with joblib.parallel_config(backend="dask"):
        actual = clone(explainer).fit(X, labels).explain(X[:4])
    assert_same_numbers(actual, expected)


@pytest.mark.parametrize("task", ["explain", "explain_batches"])
def test_a_worker_is_killed(client, X, tmp_path, task):
    (tmp_path / "calls").mkdir()
    expected = explainer_of().fit(X).explain(X[:24])
    explainer = explainer_of(tmp_path / "calls").fit(X)
    workers = client.run(os.getpid)
    assert len(workers) == 3
    assert not processes(tmp_path / "calls")

    def kill_one():
        while len(processes(tmp_path / "calls")) < 3:
            time.sleep(0.01)
        os.kill(min(processes(tmp_path / "calls")), signal.SIGKILL)

    with joblib.parallel_config(backend="dask"):
        thread = threading.Thread(target=kill_one, daemon=True)
        thread.start()
        if task == "explain":
            actual = explainer.explain(X[:24])
        else:
            folder = tmp_path / "batches"
            batches = explain_batches(explainer, X[:24], folder, batch_size=2)
            assert len(list(folder.glob("*.npz"))) == 12
            actual = batches.concatenate()
        thread.join(10)
    assert not thread.is_alive()  # it has killed one
    assert_same_numbers(actual, expected)
    client.wait_for_workers(3, timeout=30)
    assert set(client.run(os.getpid).values()) != set(workers.values())


PROGRAM = """
import sys, time
import joblib
import numpy as np
from distributed import Client
from skdime import Disentangler, LocalExplainer, explain_batches

def model(X, seconds=float(sys.argv[3])):
    time.sleep(seconds)
    return X[:, 0] * X[:, 1] + X[:, 2]

if __name__ == "__main__":
    X = np.random.RandomState(0).normal(size=(40, 3))
    dis = Disentangler(model, n_references=4, random_state=0)
    explainer = LocalExplainer(dis, n_samples=8, random_state=0).fit(X)
    with Client(sys.argv[2]), joblib.parallel_config(backend="dask"):
        explained = explain_batches(explainer, X, sys.argv[1], batch_size=2)
    np.save(sys.argv[1] + "/coef.npy", explained.concatenate().coef)
"""


def test_the_parent_is_killed(client, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    folder = tmp_path / "batches"
    address = client.scheduler_info()["address"]
    command = [sys.executable, str(tmp_path / "program.py"), str(folder), address]
    running = subprocess.Popen([*command, "0.03"])
    try:
        while len(list(folder.glob("*.npz"))) < 3:
            assert running.poll() is None
            time.sleep(0.02)
    finally:
        running.kill()
        running.wait(30)
    before = {p: p.stat().st_ino for p in folder.glob("*.npz")}
    assert 3 <= len(before) < 20
    subprocess.run([*command, "0"], check=True, timeout=60)
    assert len(list(folder.glob("*.npz"))) == 20
    assert not list(folder.glob("*.part"))

    def model(X):
        return X[:, 0] * X[:, 1] + X[:, 2]

    X = np.random.RandomState(0).normal(size=(40, 3))
    dis = Disentangler(model, n_references=4, random_state=0)
    expected = LocalExplainer(dis, n_samples=8, random_state=0).fit(X).explain(X)
    np.testing.assert_allclose(np.load(folder / "coef.npy"), expected.coef, atol=1e-10)


def test_a_partitioned_frame(client, X, tmp_path):
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame(
        X, columns=list("vwxyz"), index=[f"c{i:02d}" for i in range(60)]
    )

    def model(X):
        return (X["v"] * X["w"] + X["z"]).to_numpy()

    dis = Disentangler(model, TWO, n_references=6, random_state=0)
    explainer = LocalExplainer(dis, n_samples=20, random_state=0).fit(frame)
    partitioned = dd.from_pandas(frame, npartitions=5)
    partitioned = partitioned[partitioned["v"] > -1.5]
    expected = explainer.explain(frame[frame["v"] > -1.5])
    with joblib.parallel_config(backend="dask"):
        explained = explain_batches(explainer, partitioned, tmp_path)
    actual = explained.concatenate()
    assert len(explained) == 5
    assert actual.row_names.tolist() == expected.row_names.tolist()
    assert_same_numbers(actual, expected)


def cluster_of(n_workers, **options):
    return distributed.LocalCluster(
        n_workers=n_workers,
        **options,
        threads_per_worker=1,
        dashboard_address=None,
        silence_logs=50,
    )


@pytest.mark.slow
def test_the_scheduler_is_restarted(X, tmp_path):
    import dask

    explainer = explainer_of().fit(X)
    expected = explainer.explain(X[:24])

    def stop(cluster):
        while len(list(tmp_path.glob("*.npz"))) < 3:
            time.sleep(0.005)
        cluster.sync(cluster.scheduler.close)

    (tmp_path / "calls").mkdir()
    slow = explainer_of(tmp_path / "calls").fit(X)
    with (
        # workers wait so long for the scheduler that is gone
        dask.config.set({"distributed.comm.timeouts.connect": "2s"}),
        cluster_of(2, processes=False) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        thread = threading.Thread(target=stop, args=[cluster], daemon=True)
        thread.start()
        with pytest.raises(distributed.client.FutureCancelledError):
            explain_batches(slow, X[:24], tmp_path, batch_size=1)
        thread.join(30)
    finished = {path: path.stat().st_ino for path in tmp_path.glob("*.npz")}
    assert 3 <= len(finished) < 24
    with (
        cluster_of(2, processes=False) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        again = explain_batches(slow, X[:24], tmp_path, batch_size=1)
    assert finished.items() <= {p: p.stat().st_ino for p in again.paths}.items()
    assert_same_numbers(again.concatenate(), expected)


class Heavy:
    """A model whose arrays a worker can write to its disk."""

    def __init__(self):
        self.weights = np.random.RandomState(0).normal(size=(40_000, 5))

    def __call__(self, X):
        import time

        time.sleep(0.02)
        return X[:, 0] * X[:, 1] + X @ self.weights[0]


@pytest.mark.slow
def test_workers_that_spill(X, tmp_path):
    import dask

    dis = Disentangler(Heavy(), TWO, n_references=4, random_state=0)
    explainer = LocalExplainer(dis, n_samples=8, random_state=0).fit(X)
    expected = explainer.explain(X[:24])
    # above nearly no memory a worker writes what it holds to its disk
    memory = {"target": 0.001, "spill": 0.01, "pause": False, "terminate": False}
    options = {f"distributed.worker.memory.{name}": v for name, v in memory.items()}
    options["distributed.worker.memory.monitor-interval"] = "10ms"

    def written(dask_worker):
        return dask_worker.data.cumulative_metrics["disk-write", "bytes"]

    with (
        dask.config.set(options),
        cluster_of(2) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask", scatter=[explainer]),
    ):
        batches = explain_batches(explainer, X[:24], tmp_path, batch_size=2)
        assert max(client.run(written).values()) > dis.estimator.weights.nbytes
    assert_same_numbers(batches.concatenate(), expected)


@pytest.mark.slow
def test_ray(X, tmp_path):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    explainer = explainer_of().fit(X)
    expected = explainer.explain(X[:24])
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        configure_logging=False,
        runtime_env={"env_vars": path},
    )
    try:
        register_ray()
        with joblib.parallel_config(backend="ray"):
            batches = explain_batches(explainer, X[:24], tmp_path, batch_size=2)
    finally:
        ray.shutdown()
    assert len(batches) == 12
    assert_same_numbers(batches.concatenate(), expected)
