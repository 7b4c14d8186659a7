"""A private dbus-daemon: the peer that IPC is measured against, and what `busctl list` asks."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/><allow send_type="method_return"/><allow send_type="error"/><allow send_type="signal"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
  </policy>
</busconfig>
"""


@dataclass(frozen=True)
class Bus:
    address: str
    pid: int


@contextmanager
def private_bus() -> Iterator[Bus]:
    """Stopped and gone at the end."""
    with tempfile.TemporaryDirectory(prefix="avb-") as folder:
        socket = Path(folder, "bus")
        configuration = Path(folder, "bus.conf")
        configuration.write_text(CONFIGURATION.format(socket=socket))
        command = ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address=1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
            try:
                assert daemon.stdout is not None
                daemon.stdout.readline()
                yield Bus(f"unix:path={socket}", daemon.pid)
            finally:
                daemon.terminate()
