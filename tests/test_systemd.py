"""The service under a real systemd, the first process of a namespace of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rig_audio import until
from rig_camera import FakeCamera

from edge.update.package import adopt
from edge.update.slots import Record, Slots

ROOT = Path(__file__).parent.parent
SYSTEMD = Path("/lib/systemd/systemd")
SPACES = ["unshare", "--kill-child", "-m", "-p", "-f", "-u", "-C", "--mount-proc"]
DEVICES = {"nvmap": "video", "dri/renderD128": "render", "snd/controlC0": "audio", "video0": "video"}
"""Device files as a board has them, and whose they are; here all of them are like /dev/null."""

BOOT = r"""
set -e
here=$1
cp -a /etc/. $here/etc/
for group in video render audio; do
    grep -q ^$group: $here/etc/group || echo "$group:x:$((RANDOM + 40000)):" >> $here/etc/group
done
echo 'edge:x:39999:' >> $here/etc/group
echo 'edge:x:39999:39999::/var/lib/edge:/usr/sbin/nologin' >> $here/etc/passwd
mount --make-rprivate /
mount --bind $here/etc /etc
mount --bind $here/opt /opt
for place in /var/lib /var/cache /var/log /run /dev; do mount -t tmpfs -o mode=755 tmpfs $place; done
cp -r --no-dereference $here/lib /var/lib/edge; chmod 750 /var/lib/edge; chown -hR 39999:39999 /var/lib/edge
mkdir /dev/shm /dev/dri /dev/snd
mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5; mknod -m 666 /dev/urandom c 1 9
mknod -m 666 /dev/random c 1 8; mknod -m 666 /dev/tty c 5 0; mknod -m 600 /dev/console c 5 1
while read -r name group; do mknod -m 660 /dev/$name c 1 3; chgrp $group /dev/$name; done < $here/devices
mkdir /run/units; cp -r $here/units/. /run/units
export container=docker SYSTEMD_UNIT_PATH=/run/units SYSTEMD_GENERATOR_PATH=/nonexistent
(
    set +e
    show() { systemctl show edge.service -p "$1" --value; }
    wait_for() { for _ in $(seq 120); do [ "$(show "$1")" = "$2" ] && return; sleep 0.5; done; }
    exec > $here/said 2>&1
    wait_for ActiveState active
    source $here/look
    echo end
) &
exec /lib/systemd/systemd --system --unit=default.target --show-status=0
"""

LOOK = r"""
    echo "state=$(show ActiveState) result=$(show Result) groups=$(id -Gn edge)"
    pid=$(show MainPID)
    grep -E '^(Uid|NoNewPrivs|Seccomp|CapEff):' /proc/$pid/status
    systemctl start edge-check.service
    cat /var/lib/edge/check
    kill -STOP $pid
    wait_for NRestarts 1
    wait_for ActiveState active
    echo "restarts=$(show NRestarts) state=$(show ActiveState)"
    systemctl stop edge.service
    echo "stopped=$(show ActiveState) result=$(show Result)"
    find /var/lib/edge /var/cache/edge /var/log/edge -type f
"""

LOOK_AT_UPDATE = r"""
    cd /var/lib/edge/package
    echo "state=$(show ActiveState) restarts=$(show NRestarts) in use=$(readlink current)"
    grep -o '"standing":"[a-z_]*"' slots/b.json
    ls -d /var/lib/edge/tried
"""

CHECK = r"""#!/bin/sh
for name in nvmap dri/renderD128 snd/controlC0 video0; do
    if ( : <> /dev/$name ) 2> /dev/null; then echo "opens $name"; else echo "closed $name"; fi
done > /var/lib/edge/check
for place in /usr /etc /var/lib /var/log /opt/edge /home; do
    if ( : > $place/x ) 2> /dev/null; then echo "writes $place"; fi
done >> /var/lib/edge/check
"""


def interpreter():
    """A Python of this version that another user may start, and where the packages of this one are."""
    found = [
        sys.executable,
        shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"),
    ]
    for path in filter(None, found):
        if not str(Path(path).resolve()).startswith(("/root", "/home")):
            return path
    return None


@pytest.fixture
def machine(tmp_path):
    """A folder that others may read, with the units, their program and the settings in it."""
    python = interpreter()
    able = os.geteuid() == 0 and SYSTEMD.exists() and shutil.which("unshare") and python
    trial = [
        "unshare",
        "--kill-child",
        "-m",
        "-p",
        "-f",
        "-u",
        "-C",
        "--mount-proc",
        "mount",
        "-t",
        "tmpfs",
        "x",
        "/run",
    ]
    if not able or subprocess.run(trial, capture_output=True).returncode:
        pytest.skip("needs root, systemd, namespaces, and a Python that other users may start")
    for folder in tmp_path.parents:
        if folder.owner() == "root" and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o005)
    tmp_path.chmod(0o755)
    for name in ("etc", "opt/edge/venv/bin", "units"):
        (tmp_path / name).mkdir(parents=True)
    program = tmp_path / "opt/edge/venv/bin/edge"
    packages = os.pathsep.join([str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))])
    program.write_text(f'#!/bin/sh\nPYTHONPATH={packages} exec {python} -m edge.cli "$@"\n')
    check = tmp_path / "opt/edge/check"
    check.write_text(CHECK)
    for path in (program, check):
        path.chmod(0o755)
    adopt(tmp_path / "lib", Path("/opt/edge/venv"))
    (tmp_path / "devices").write_text("".join(f"{name} {group}\n" for name, group in DEVICES.items()))
    return tmp_path


def put_units(folder):
    """The service, a check that runs as it does, and empty targets."""
    text = (ROOT / "jetson" / "edge.service").read_text(encoding="utf-8")
    # Only for the time this takes.
    text = text.replace("WatchdogSec=30", "WatchdogSec=5\nTimeoutAbortSec=2")
    (folder / "units" / "edge.service").write_text(text)
    once = text.replace("Type=notify", "Type=oneshot").replace("WatchdogSec=5\n", "")
    once = once.replace("Restart=on-failure\n", "")
    once = re.sub("^ExecStart=.*", "ExecStart=/opt/edge/check", once, flags=re.MULTILINE)
    (folder / "units" / "edge-check.service").write_text(once)
    targets = ("sysinit", "basic", "shutdown", "network", "sound", "multi-user")
    for target in targets:
        (folder / "units" / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    wanted = "[Unit]\nDefaultDependencies=no\nWants=edge.service\n"
    (folder / "units" / "default.target").write_text(wanted)


def said_of(machine, look):
    """What a look at the service that systemd started says, in lines."""
    put_units(machine)
    (machine / "look").write_text(look)
    (machine / "etc/edge").mkdir()
    with FakeCamera(fps=10, size=(320, 240)) as camera:
        (machine / "etc/edge/site.toml").write_text(
            f'backend = "onnxrt"\nmicrophone = "off"\ncamera = "{camera.url}"\n'
            '[log]\nfolder = "/var/log/edge"\n'
        )
        (machine / "boot").write_text(BOOT)
        with (machine / "console").open("w") as console:
            running = subprocess.Popen(
                [*SPACES, "bash", machine / "boot", machine],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            until(lambda: (machine / "said").exists() and "\nend\n" in (machine / "said").read_text(), 150)
        finally:
            running.kill()  # and all in its namespaces with it: none of them can end the first process
            running.wait()
    return (machine / "said").read_text()


@pytest.mark.slow
def test_the_service_under_systemd(machine):
    said = said_of(machine, LOOK)
    lines = said.splitlines()
    assert "state=active result=success groups=edge" in lines, said
    assert {"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"} <= set(lines)
    assert "Uid:\t39999\t39999\t39999\t39999" in lines
    assert {f"opens {name}" for name in DEVICES} <= set(lines)
    assert not any(line.startswith("writes") for line in lines)
    assert "restarts=1 state=active" in lines
    assert "stopped=inactive result=success" in lines
    files = [line for line in lines if line.startswith("/var/")]
    assert any(file.startswith("/var/log/edge/readings-") for file in files)


@pytest.mark.slow
def test_an_update_that_does_not_start_is_left_for_the_package_before(machine):
    slots = Slots(machine / "lib" / "package")
    program = slots.folder("b") / "bin" / "edge"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\ntouch /var/lib/edge/tried\nexit 2\n")
    program.chmod(0o755)
    slots.note(
        "b",
        Record(
            standing="new", name="edge 9", created="-", installed="-", digest="of the update", probation_s=600
        ),
    )
    slots.switch("b")
    said = said_of(machine, LOOK_AT_UPDATE)
    assert "state=active restarts=1 in use=slots/a" in said, said
    assert '"standing":"rolled_back"' in said
    assert "/var/lib/edge/tried" in said
