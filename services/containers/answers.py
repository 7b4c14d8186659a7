"""What the engines' Docker-compatible API answers, as far as it is read, and the rows that it becomes."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.containers import Container, Health, State

T = TypeVar("T")
_STATES = {"configured": State.CREATED, "initialized": State.CREATED, "stopped": State.EXITED}
_MOST_PORTS = 256


class Answer(msgspec.Struct, rename="pascal"):
    """Field names as Docker writes them; what is missing or null has no value."""


class ListedPort(msgspec.Struct):
    """A port of a listed container."""

    container: int = msgspec.field(default=0, name="PrivatePort")
    host: int | None = msgspec.field(default=None, name="PublicPort")
    address: str | None = msgspec.field(default=None, name="IP")
    protocol: str = msgspec.field(default="", name="Type")


class Listed(Answer):
    """One element of /containers/json."""

    id: str
    names: list[str] | None = None
    image: str | None = None
    state: str | None = None
    status: str | None = None
    created: int | None = None
    ports: list[ListedPort] | None = None
    size_rw: int | None = None


class Check(Answer):
    """Of a container with a health check."""

    status: str | None = None


class Condition(Answer):
    """State of an inspected container."""

    status: str | None = None
    pid: int | None = None
    exit_code: int | None = None
    oom_killed: bool | None = msgspec.field(default=None, name="OOMKilled")
    started_at: str | None = None
    finished_at: str | None = None
    health: Check | None = None


class Policy(Answer):
    """When to restart."""

    name: str | None = None


class Hosting(Answer):
    """HostConfig."""

    restart_policy: Policy | None = None


class Inspected(Answer):
    """/containers/ID/json."""

    id: str
    state: Condition = msgspec.field(default_factory=Condition)
    restart_count: int | None = None
    host_config: Hosting | None = None
    path: str | None = None
    args: list[str] | None = None


class Version(Answer):
    """/version."""

    version: str | None = None
    components: list["Component"] | None = None


class Component(Answer):
    """Part of an engine."""

    name: str = ""


class PodMember(Answer):
    """A container of a pod."""

    id: str = ""


class Pod(Answer):
    """One element of podman's /libpod/pods/json."""

    name: str = ""
    containers: list[PodMember] | None = None


class Actor(Answer):
    """What an event is about."""

    id: str = msgspec.field(default="", name="ID")


class Event(Answer):
    """One line of /events."""

    actor: Actor = msgspec.field(default_factory=Actor)


def decoded(data: bytes, kind: Any, what: str) -> Any:
    """Raises SutraError FAILED for what is no such answer."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise SutraError(errors.FAILED, f"{what} answered something else than expected: {error}") from None


def container(listed: Listed, inspected: Inspected | None, uid: int, engine: str, pod: str | None) -> Container:
    """One row; without `inspected` only what the list tells."""
    state = _state((inspected.state.status if inspected else None) or listed.state)
    names = [name.removeprefix("/") for name in listed.names or [] if name]
    condition = inspected.state if inspected else Condition()
    started, finished = moment(condition.started_at), moment(condition.finished_at)
    created = listed.created * 1_000_000 if listed.created and 0 < listed.created < 1 << 40 else None
    command = [word for word in [inspected.path, *(inspected.args or [])] if word] if inspected else []
    ended = finished is not None and state not in (State.RUNNING, State.PAUSED)
    policy = inspected.host_config.restart_policy if inspected and inspected.host_config else None
    return Container(
        id=listed.id,
        name=names[0] if names else listed.id,
        state=state,
        uid=uid,
        image=listed.image or None,
        health=_health(condition),
        since={State.CREATED: created, State.RUNNING: started, State.PAUSED: started}.get(state, finished or started or created),
        ports=_ports(listed.ports),
        pod=pod,
        restarts=_within(inspected.restart_count if inspected else None, 0, 1 << 32),
        exit_code=_within(condition.exit_code, -(1 << 31), 1 << 31) if ended else None,
        restart_policy=policy.name if policy and policy.name and policy.name != "no" else None,
        created=created,
        started=started,
        finished=finished,
        pid=_within(condition.pid, 1, 1 << 32),
        command=command or None,
        names=names or None,
        oom_killed=condition.oom_killed if ended else None,
        engine=engine,
    )


def moment(text: str | None) -> int | None:
    """Unix microseconds of an RFC 3339 time; the engines write year 1 for never."""
    if not text:
        return None
    try:
        then = datetime.fromisoformat(text)
        return int(then.timestamp() * 1_000_000) if then.year > 1970 and then.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _state(text: str | None) -> State:
    text = text or ""
    if text in _STATES:
        return _STATES[text]
    return State(text) if text in {str(state) for state in State} else State.UNKNOWN


def _health(condition: Condition) -> Health | None:
    text = condition.health.status if condition.health else None
    return Health(text) if text in {str(health) for health in Health} else None


def _ports(ports: list[ListedPort] | None) -> list[str]:
    listed = [port for port in (ports or [])[:_MOST_PORTS] if 0 < port.container < 1 << 16]
    listed.sort(key=lambda port: (port.container, port.protocol, port.host or 0, port.address or ""))
    return list(dict.fromkeys(_port(port) for port in listed))


def _port(port: ListedPort) -> str:
    """Such as 10.0.0.1:8080->80/tcp."""
    inner = f"{port.container}/{port.protocol or 'tcp'}"
    host = _within(port.host, 1, 1 << 16)
    if host is None:
        return inner
    address = (port.address or "").replace("0.0.0.0", "")
    where = f"[{address}]:" if ":" in address else f"{address}:" if address else ""
    return f"{where}{host}->{inner}"


def _within(value: int | None, least: int, end: int) -> int | None:
    return value if value is not None and least <= value < end else None
