"""Long paths, odd names, somebody else's folders, and root without user namespaces."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from portal.stack.errors import StackError
from portal.stack.layout import Layout

pytestmark = pytest.mark.stack


def test_a_long_path_with_spaces_gets_short_private_sockets(
    standin: Callable, tmp_path: Path
) -> None:
    folder = tmp_path / ("a long, odd name " * 9) / ".var"

    running = standin(folder=folder)

    sockets = Path(running.facts["sockets"])
    assert len(str(sockets)) < 80
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    with psycopg.connect(running.facts["database"]) as connection:
        assert connection.execute("show data_directory").fetchone() == (str(folder / "pg"),)
    client = redis.Redis.from_url(running.facts["queue"])
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    client.close()
    running.end()
    sockets.rmdir()


def test_a_link_where_the_sockets_should_go_is_refused(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path, var=tmp_path / ("x" * 120))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    layout.sockets.symlink_to(elsewhere)

    with pytest.raises(StackError, match="is not a folder of this user"):
        layout.make_folders()

    layout.sockets.unlink()


def test_a_secret_is_made_once_and_only_this_user_can_read_it(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path, var=tmp_path / "v")
    layout.make_folders()

    first = layout.secret("secret_key")

    assert len(first) >= 50
    assert layout.secret("secret_key") == first
    assert stat.S_IMODE((layout.var / "secret_key").stat().st_mode) == 0o600


@pytest.mark.skipif(os.getuid() != 0, reason="only root needs a user namespace for PostgreSQL")
def test_root_without_namespaces_runs_postgresql_as_another_user(
    standin: Callable, var: Path, without_namespaces: str, clean_var_tmp: None
) -> None:
    running = standin(PATH=without_namespaces)

    with psycopg.connect(running.facts["database"]) as connection:
        row = connection.execute("show data_directory").fetchone()
    assert row is not None
    data = Path(str(row[0]))
    assert data.stat().st_uid != 0
    assert stat.S_IMODE(data.parent.stat().st_mode) == 0o700
    assert running.end()[0] == 0
