"""All panes of avyctl on a host whose every string is hostile. Argument: the project's root."""

import asyncio
import os
import sys

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[1] + "/tests")

import msgspec

import watching
from avyctl.app import AvyctlApp
from avyctl.survey import Endpoint
from fakes import FakeExample, thing
from hostile import STRINGS
from services.deployments.fake import ROWS as DEPLOYMENTS
from services.deployments.fake import FakeDeployments
from services.init.fake import SERVICES, FakeInit
from services.logs.fake import RECORDS, FakeLogs
from services.processes.fake import ROWS, FakeProcesses
from services.system.fake import FINDINGS, STATUS, FakeSystem
from sutra_client.terminal import look
from watching import Held, Said

HOSTILE = list(STRINGS.values())


def spoiled(row: msgspec.Struct, number: int) -> msgspec.Struct:
    """The row with a hostile string in each field that holds one, as a wire that carries UTF-8 could bring it."""
    text = HOSTILE[number % len(HOSTILE)].encode("utf-8", "backslashreplace").decode()
    return msgspec.structs.replace(row, **{name: text for name in row.__struct_fields__ if type(getattr(row, name)) is str})


processes = FakeProcesses(
    [spoiled(row, number) for number, row in enumerate(ROWS)],  # type: ignore[misc]
    [msgspec.structs.replace(FINDINGS[0], id=f"hostile {number}", object=text, evidence=text) for number, text in enumerate(HOSTILE)],
)
system = FakeSystem(spoiled(STATUS, 0), [spoiled(finding, number) for number, finding in enumerate(FINDINGS)])  # type: ignore[arg-type, misc]
init = FakeInit([spoiled(row, number) for number, row in enumerate(SERVICES)], [])  # type: ignore[misc]
wire = [text.encode("utf-8", "backslashreplace").decode() for text in HOSTILE]
records = [spoiled(RECORDS[number % len(RECORDS)], number) for number in range(len(HOSTILE))]
logs = FakeLogs([msgspec.structs.replace(row, fields=dict.fromkeys(wire, wire[0])) for row in records], [])  # type: ignore[misc]
deployments = FakeDeployments([spoiled(row, number) for number, row in enumerate(DEPLOYMENTS)], [])  # type: ignore[misc]
others = {"processes": processes, "init": init, "logs": logs, "deployments": deployments}
held = Held(system, HOSTILE[0], others)
held.example = FakeExample(tuple(thing(text.encode("utf-8", "backslashreplace").decode()) for text in HOSTILE))
watching.ENDPOINTS[:] = [Endpoint(text, text, "ok", 0, text, text) for text in HOSTILE]
app = AvyctlApp(held, Said({"hostile": (1, HOSTILE)}, HOSTILE), look(1, os.environ))
sys.exit(asyncio.run(app.run_async()))
