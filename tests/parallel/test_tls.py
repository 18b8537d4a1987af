"""Clusters with certificates, without them, and with those of somebody else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from foncier.errors import ConfigError
from foncier.parallel import executors
from foncier.parallel.dask import is_exposed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

dask: Any = pytest.importorskip("dask")
distributed: Any = pytest.importorskip("distributed")
pytest.importorskip("cryptography")


def certificate(folder: Path, name: str) -> dict[str, str]:
    """A certificate that is its own authority, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(made.public_bytes(pem))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"cert": str(folder / f"{name}.pem"), "key": str(folder / f"{name}.key")}


def configuration(files: dict[str, str]) -> dict[str, str]:
    base = "distributed.comm.tls"
    return {
        f"{base}.ca-file": files["cert"],
        f"{base}.client.cert": files["cert"],
        f"{base}.client.key": files["key"],
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of a scheduler with TLS and a worker, and its certificate."""
    files = certificate(tmp_path_factory.mktemp("tls"), "grappe")
    roles = {
        f"tls_{role}_{kind}": files[kind]
        for role in ("client", "scheduler", "worker")
        for kind in ("cert", "key")
    }
    security = distributed.Security(tls_ca_file=files["cert"], require_encryption=True, **roles)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None,
        security=security, protocol="tls://",
    ) as running:  # fmt: skip
        yield running.scheduler_address, files


def test_a_cluster_with_certificates_works(cluster: tuple[str, dict[str, str]]) -> None:
    address, files = cluster
    assert address.startswith("tls://")
    with dask.config.set(configuration(files)):
        done = dict(executors.get_executor(address, workers=1).run(abs, [-1, -2]))
    assert done == {0: 1, 1: 2}


def test_without_certificates_the_error_names_the_settings(
    cluster: tuple[str, dict[str, str]],
) -> None:
    with pytest.raises(ConfigError, match="DASK_DISTRIBUTED__COMM__TLS__CA_FILE"):
        list(executors.get_executor(cluster[0], workers=1).run(abs, [-1]))


def test_a_certificate_that_is_not_there_is_named(
    cluster: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    files = {"cert": str(tmp_path / "absent.pem"), "key": str(tmp_path / "absent.key")}
    with (
        dask.config.set(configuration(files)),
        pytest.raises(ConfigError, match=r"introuvable.*absent\.pem"),
    ):
        list(executors.get_executor(cluster[0], workers=1).run(abs, [-1]))


def test_a_certificate_of_another_authority_is_refused(
    cluster: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    other = certificate(tmp_path, "autre")
    with (
        dask.config.set(configuration(other)),
        pytest.raises(ConfigError, match="TLS refusée"),
    ):
        list(executors.get_executor(cluster[0], workers=1).run(abs, [-1]))


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("tcp://machine1:8786", True),
        ("TCP://10.0.0.7:8786", True),
        ("ws://machine1:8786", True),
        ("ucx://machine1:8786", True),
        ("tls://machine1:8786", False),
        ("wss://machine1:8786", False),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://localhost.example:8786", True),
        ("tcp://127.0.0.1.example:8786", True),
        ("tcp://[::1]:8786", False),
        ("processes", False),
        ("dask", False),
    ],
)
def test_which_clusters_are_exposed(address: str, exposed: bool) -> None:
    assert is_exposed(address) == exposed
