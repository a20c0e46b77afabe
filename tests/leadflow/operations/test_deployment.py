"""The production form: the compose file and the image, as far as they can be checked without an engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyrage
import pytest
import yaml

from tests.processes import ROOT

COMPOSE = ROOT / "docker-compose.yml"
OURS = {"web", "worker", "beat", "relay", "dispatch", "migrate"}
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return compose["services"]


def settings_read() -> set[str]:
    """The names of the environment that settings.py reads."""
    text = (ROOT / "leadflow/settings.py").read_text()
    return set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", text))


def test_the_compose_file_follows_its_schema():
    tool = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE]
    done = subprocess.run(tool, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_image_passes_its_linter():
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_process_has_a_service(services: dict[str, Any]):
    assert set(services) == OURS | {"db", "redis"}


def test_every_lasting_service_is_watched_and_comes_back(services: dict[str, Any]):
    for name in set(services) - {"migrate"}:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped", name
    assert services["migrate"]["restart"] == "no"


def test_nothing_of_ours_starts_before_the_migrations_are_done(services: dict[str, Any]):
    for name in OURS - {"migrate"}:
        waits = services[name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully", name
        assert waits["db"]["condition"] == "service_healthy", name
    assert services["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"


def test_secrets_come_from_files_only(compose: dict[str, Any], services: dict[str, Any]):
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"SECRET|PASSWORD|DATABASE_URL|_KEY", key):
                assert key.endswith(("_FILE", "_PATH")), f"{name}: {key}"
                assert str(value).startswith("/run/secrets/"), f"{name}: {key}"
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
    for secret in compose["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    assert "secrets/" in (ROOT / ".gitignore").read_text().split()
    assert "secrets" in (ROOT / ".dockerignore").read_text().split()


def test_every_variable_is_one_that_the_settings_read(services: dict[str, Any]):
    known = settings_read()
    for name in OURS:
        given = {key.removesuffix("_FILE") for key in services[name]["environment"]}
        assert given <= known, (name, given - known)


def test_every_variable_of_the_example_is_used():
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert example <= used, example - used


def test_our_containers_run_without_root_and_without_privileges(services: dict[str, Any]):
    user = re.findall(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text(), re.M)
    assert user
    assert int(user[-1]) >= 1000
    for name in OURS:
        assert services[name]["cap_drop"] == ["ALL"], name
        assert services[name]["read_only"] is True, name


def test_made_secrets_fit_together_and_are_kept(tmp_path: Path):
    make = [sys.executable, ROOT / "scripts/make_secrets.py", tmp_path / "s"]
    subprocess.run(make, check=True, capture_output=True)
    made = {file.name: file.read_text().strip() for file in (tmp_path / "s").iterdir()}
    assert made["database_password"] in made["database_url"]
    assert len(made["secret_key"]) >= 50
    assert pyrage.x25519.Identity.from_str(made["backup_key"])
    subprocess.run(make, check=True, capture_output=True)
    assert {f.name: f.read_text().strip() for f in (tmp_path / "s").iterdir()} == made
    assert (tmp_path / "s").stat().st_mode & 0o077 == 0
