"""Containers as the engines' API tells them."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denied import permissions_count
from engines import Engine, serving
from hosts import HOSTILE
from services.containers import answers, podman
from services.containers.engine import absent
from services.containers.podman import EngineContainers
from services.containers.rules import Restarts, judge
from streams import Reading, first
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.containers import Container, Health, State


async def test_a_container_is_told_with_all_that_the_engine_knows() -> None:
    engine = Engine()
    identity = engine.put("a", "web", HostConfig={"RestartPolicy": {"Name": "always"}}, RestartCount=2)
    engine.pods = [{"Name": "shop", "Containers": [{"Id": identity}]}]
    async with serving(engine.answer) as path:
        backend = EngineContainers([path])
        [row] = await first(backend.containers())
        assert row == Container(
            id=identity,
            name="web",
            state=State.RUNNING,
            uid=os.getuid(),
            image="localhost/web:latest",
            since=1_789_999_200_123_456,
            ports=["8080->80/tcp"],
            pod="shop",
            restarts=2,
            restart_policy="always",
            created=1_789_990_000_000_000,
            started=1_789_999_200_123_456,
            pid=4711,
            command=["/bin/web", "--port", "80"],
            names=["web"],
            engine=f"podman {path}",
        )
        assert await backend.get("web") == await backend.get("aaa") == row
        [described] = await backend.engines()
        assert (described.name, described.version, described.problem) == ("podman", "4.3.1", None)
        await backend.stop()


async def test_docker_is_asked_for_no_pods() -> None:
    engine = Engine("Engine")
    engine.put("a", "web")
    async with serving(engine.answer) as path:
        [row] = await first(EngineContainers([path]).containers())
    assert row.engine == f"docker {path}"
    assert not [target for target in engine.asked if "libpod" in target]


async def test_containers_that_appear_change_and_vanish_are_told_by_events() -> None:
    engine = Engine()
    web = engine.put("a", "web")
    async with serving(engine.answer) as path:
        backend = EngineContainers([path])
        async with Reading(backend.containers(), "id") as reading:
            new = engine.put("b", "new", "created")
            await engine.tell(new, "create")
            await reading.until(lambda: (new,) in reading.rows)
            engine.put("a", "web", State={"Status": "running", "Health": {"Status": "unhealthy"}})
            await engine.tell(web, "health_status")
            await reading.until(lambda: reading.rows[web,].health == Health.UNHEALTHY)
            engine.drop(new)
            await engine.tell(new, "remove")
            await reading.until(lambda: (new,) not in reading.rows)
        await backend.stop()


async def test_nothing_is_asked_while_nothing_happens() -> None:
    engine = Engine()
    engine.put("a", "web")
    async with serving(engine.answer) as path:
        backend = EngineContainers([path])
        async with Reading(backend.containers(), "id"):
            await engine.listening()
            asked = len([target for target in engine.asked if "events" not in target])
            await asyncio.sleep(0.3)
            assert len([target for target in engine.asked if "events" not in target]) == asked
        await backend.stop()


async def test_sizes_are_reckoned_only_when_asked_for() -> None:
    engine = Engine()
    identity = engine.put("a", "web")
    async with serving(engine.answer) as path:
        backend = EngineContainers([path])
        assert (await first(backend.containers()))[0].size is None
        assert not [target for target in engine.asked if "size" in target]
        async with Reading(backend.containers(fields=["size"]), "id") as reading:
            await reading.until(lambda: reading.rows[identity,].size == 4096)
        await backend.stop()


async def test_an_engine_that_fails_hides_no_other(tmp_path: Path) -> None:
    engine = Engine()
    engine.put("a", "web")

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n\r\n")

    async with serving(engine.answer) as good, serving(broken) as bad:
        backend = EngineContainers([bad, good, str(tmp_path / "absent")])
        assert [row.name for row in await first(backend.containers())] == ["web"]
        assert "speaks no HTTP" in backend.unseen[0]
        [finding] = await first(backend.findings())
        assert bad in finding.evidence
        assert [bool(described.problem) for described in await backend.engines()] == [True, False, True]
        await backend.stop()


@pytest.mark.parametrize("name", ["absent", "denied", "hung"])
async def test_an_engine_that_cannot_be_asked_says_why(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr("services.containers.engine.PATIENCE", 0.05)
    async with serving(silent, 0 if name == "denied" else 0o600) as path:
        backend = EngineContainers([path + "x" if name == "absent" else path])
        with permissions_count(), pytest.raises(SutraError) as raised:
            await first(backend.containers())
        await backend.stop()
    assert raised.value.code == {"absent": errors.UNAVAILABLE, "denied": errors.DENIED, "hung": errors.TIMEOUT}[name]
    assert raised.value.hint


async def test_an_engine_that_hangs_is_asked_once_while_another_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        await reader.read()

    monkeypatch.setattr("services.containers.engine.PATIENCE", 0.05)
    engine = Engine()
    engine.put("a", "web")
    async with serving(silent) as hung, serving(engine.answer) as well:
        backend = EngineContainers([hung, well])
        await backend.get("web")
        questions = len(asked)
        for _ in range(3):
            await backend.get("web")
        assert len(asked) == questions
        assert len(backend.unseen) == 1
        await backend.stop()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"Id": 5}]',
        b'[{"Id": "a", "Names": {}}]',
        b"[" * 100_000,
        b'[{"Id": "\xff"}]',
        b'[{"Id": "a", "Created": 1e400}]',
        b'[{"Id": "\\ud800"}]',
    ],
)
async def test_an_answer_of_garbage_is_a_failure(body: bytes) -> None:
    engine = Engine()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        told = body if target.startswith(b"/containers/json") else json.dumps(engine._found(target.decode()) or {}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))
        await writer.drain()

    async with serving(behave) as path:
        backend = EngineContainers([path])
        with pytest.raises(SutraError) as raised:
            await backend.get("a")
        assert raised.value.code == errors.FAILED
        await backend.stop()


async def test_a_container_that_goes_away_while_it_is_asked_about_is_listed_with_less() -> None:
    engine = Engine()
    identity = engine.put("a", "web")
    del engine.inspected[identity]
    async with serving(engine.answer) as path:
        [row] = await first(EngineContainers([path]).containers())
    assert (row.state, row.pid, row.restarts) == (State.RUNNING, None, None)


async def test_hostile_names_stay_raw_and_numbers_that_fit_nowhere_are_unknown() -> None:
    engine = Engine()
    identity = engine.put("a", HOSTILE, State={"Status": "on fire", "Pid": -1, "StartedAt": "soon", "Health": {"Status": "?"}})
    engine.listed[identity]["Ports"] = [{"PrivatePort": 70_000}, {"PrivatePort": 22, "PublicPort": 1 << 40, "Type": ""}]
    engine.inspected[identity]["RestartCount"] = -3
    async with serving(engine.answer) as path:
        backend = EngineContainers([path])
        [row] = await first(backend.containers())
        await backend.stop()
    assert (row.name, row.state, row.pid, row.started, row.health, row.restarts) == (HOSTILE, State.UNKNOWN, None, None, None, None)
    assert row.ports == ["22/tcp"]


@given(st.text(max_size=40))
def test_times_are_moments_or_unknown(text: str) -> None:
    found = answers.moment(text)
    assert found is None or found > 0


def test_a_host_without_an_engine_says_what_would_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(podman, "sockets", lambda: [str(tmp_path / "podman/podman.sock"), "/nowhere/docker.sock"])
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/podman" if name == "podman" else None)
    monkeypatch.setattr("services.containers.engine.SYSTEMD", str(tmp_path))
    fits, reason = podman.probe()
    assert not fits
    assert "podman is installed, but its API socket" in reason
    assert "systemctl --user enable --now podman.socket" in reason
    assert "docker is not installed" in reason


def test_without_systemd_nobody_is_sent_to_it_for_a_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("services.containers.engine.SYSTEMD", str(tmp_path / "absent"))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    told = [absent(path) for path in ("/nowhere/podman.sock", "/nowhere/docker.sock")]
    assert not any("systemctl" in words for words in told)
    assert "podman system service" in told[0] and "dockerd" in told[1]


def row(**more: object) -> Container:
    values: dict[str, object] = {"id": "a", "name": "web", "state": State.RUNNING, "uid": 0} | more
    return Container(**values)  # type: ignore[arg-type]


def told(*rows: Container) -> list[str]:
    return [finding.id for finding in judge(list(rows), [], Restarts(), 0.0)]


def test_what_needs_attention_is_told() -> None:
    assert told(row(health=Health.UNHEALTHY)) == ["unhealthy:a"]
    assert told(row(state=State.EXITED, exit_code=1, restart_policy="always")) == ["failed:a"]
    assert told(row(state=State.EXITED, exit_code=0, oom_killed=True)) == ["memory:a"]
    assert told(row(state=State.RESTARTING)) == ["loop:a"]
    assert told(row(), row(state=State.EXITED, exit_code=1), row(state=State.EXITED, exit_code=0, restart_policy="always")) == []


def test_a_loop_is_many_restarts_within_a_short_time() -> None:
    restarts = Restarts()
    assert not list(judge([row(restarts=40)], [], restarts, 0.0))
    assert not list(judge([row(restarts=42)], [], restarts, 60.0))
    [loop] = judge([row(restarts=43)], [], restarts, 120.0)
    assert "restarted 3 times within 5 min" in loop.evidence
    assert not list(judge([row(restarts=43)], [], restarts, 1000.0))


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        ({"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "0.0.0.0"}, "8080->80/tcp"),
        ({"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "10.0.0.1"}, "10.0.0.1:8080->80/tcp"),
        ({"PrivatePort": 53, "PublicPort": 53, "Type": "udp", "IP": "::1"}, "[::1]:53->53/udp"),
        ({"PrivatePort": 22}, "22/tcp"),
    ],
)
def test_a_port_says_where_it_is(listed: dict[str, object], text: str) -> None:
    element = json.dumps([{"Id": "a", "Ports": [listed, listed]}]).encode()
    [found] = answers.decoded(element, list[answers.Listed], "podman")
    assert answers.container(found, None, 0, "podman", None).ports == [text]
