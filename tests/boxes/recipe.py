"""What a box boots from: packages, users, and what keeps it inside itself, lets it boot quickly and gives tests what they use.

A change here means another image (boxes.image).
"""

import subprocess
from pathlib import Path

PACKAGES = (
    "systemd-sysv systemd-timesyncd systemd-container libpam-systemd libnss-systemd dbus dbus-user-session udev polkitd kmod procps"
    " iproute2 iputils-ping iptables nftables network-manager udisks2 btrfs-progs dosfstools e2fsprogs parted cryptsetup-bin"
    " podman crun conmon netavark aardvark-dns uidmap slirp4netns fuse-overlayfs busybox-static bubblewrap flatpak ostree"
    " openssh-server openssh-client python3 sudo opendoas ca-certificates"
)
USERS = {"rita": (1001, ""), "otto": (1002, "sudo,wheel"), "lena": (1003, "adm")}
"""A user for each role, with uid and groups: reader, operator, logs. The fourth is root."""

PASSWORD = "open-the-box"
"""What otto's password is, for polkit, sudo and su to ask for."""

MASKED = (
    "systemd-sysctl.service",  # would set the machine's own sysctls, which are not namespaced
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "podman-auto-update.service",
    "podman-auto-update.timer",
    "podman-restart.service",
    "systemd-pstore.service",
)

_LOOPS = "".join(f"b /dev/loop{number} 0660 root disk - 7:{number}\n" for number in range(8))

FILES = {
    "etc/hostname": "box\n",
    "etc/hosts": "127.0.0.1 localhost box\n",
    # A link that a test makes is NetworkManager's when its name begins with nm; the others are left alone.
    "etc/NetworkManager/conf.d/test.conf": (
        "[main]\nno-auto-default=*\n\n"
        "[keyfile]\nunmanaged-devices=except:interface-name:nm*\n\n"
        "[device-test]\nmatch-device=interface-name:nm*\nmanaged=1\n"
    ),
    # cgroups of the machine are not the box's to give, and its hard limits cannot be raised.
    "etc/containers/containers.conf": (
        '[containers]\ncgroups="disabled"\nkeyring=false\ndefault_ulimits=["nofile=16384:16384","nproc=16384:16384"]\n'
        '[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\n'
    ),
    "etc/tmpfiles.d/devices.conf": f"c /dev/loop-control 0660 root disk - 10:237\nc /dev/fuse 0666 root root - 10:229\n{_LOOPS}",
    # /dev is a plain tmpfs: partitions of loop devices get their nodes here, before blkid runs. Only those: never a disk of the machine.
    "etc/udev/rules.d/00-loop-nodes.rules": (
        'SUBSYSTEM=="block", KERNEL=="loop*", ACTION!="remove", TEST!="$devnode", PROGRAM="/bin/mknod -m 660 $devnode b $major $minor"\n'
        'SUBSYSTEM=="block", KERNEL=="loop*", ACTION=="remove", ENV{DEVTYPE}=="partition", RUN+="/bin/rm -f $devnode"\n'
    ),
    "etc/ssh/sshd_config.d/test.conf": (
        "AuthorizedKeysFile /etc/ssh/keys/%u\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nUseDNS no\n"
    ),
    "etc/ssh/ssh_config.d/test.conf": "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\nBatchMode yes\n",
    "etc/doas.conf": "permit :wheel\n",
    "var/lib/systemd/linger/otto": "",  # a user manager that is there without a login
}


def bootstrap(new: Path, suite: str, sources: list[str]) -> None:
    """Raises CalledProcessError with what mmdebstrap said in `output`."""
    without = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")]
    kind = ["--variant=minbase", "--mode=root", "--format=directory", '--aptopt=Apt::Install-Recommends "false"']
    include = "--include=" + ",".join(PACKAGES.split())
    # In namespaces of its own: killed midway, it leaves no mount of the machine's /sys in what is removed afterwards.
    alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
    command = [*alone, "mmdebstrap", "--quiet", *kind, *without, include, suite, str(new), *sources]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)


def prepare(new: Path) -> None:
    """Makes what was bootstrapped a box's disk."""
    for name, text in FILES.items():
        file = new / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for unit in MASKED:
        (new / "etc/systemd/system" / unit).unlink(missing_ok=True)
        (new / "etc/systemd/system" / unit).symlink_to("/dev/null")
    (new / "root").chmod(0o711)  # an interpreter below root's home is bound in, and ordinary users run it too
    _inside(new, "groupadd", "--system", "wheel")
    _inside(new, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id_ed25519")
    key = (new / "root/.ssh/id_ed25519.pub").read_text()
    (new / "etc/ssh/keys").mkdir()
    for name, (uid, groups) in USERS.items():
        _inside(new, "useradd", "--create-home", "--shell", "/bin/bash", "--uid", str(uid), "--groups", groups, name)
    for name in ("root", *USERS):
        (new / "etc/ssh/keys" / name).write_text(key)
    _inside(new, "chpasswd", words=f"otto:{PASSWORD}\n")


def _inside(new: Path, *command: str, words: str = "") -> None:
    done = ["chroot", str(new), *command]
    subprocess.run(done, input=words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
