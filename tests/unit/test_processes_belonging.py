"""What a process belongs to, by the names that managers give control groups."""

import pytest

from services.processes.belonging import Belonging, of_cgroup, of_program, supervised

ID = "4f" * 32


@pytest.mark.parametrize(
    ("path", "belongs"),
    [
        ("/", Belonging()),
        ("/system.slice/sshd.service", Belonging("sshd.service")),
        ("/system.slice/system-getty.slice/getty@tty1.service", Belonging("getty@tty1.service")),
        ("/system.slice/wg\\x2dquick.service", Belonging("wg-quick.service")),
        ("/system.slice/bad\\xzz.service", Belonging("bad\\xzz.service")),
        ("/init.scope", Belonging("init.scope")),
        ("/user.slice/user-1000.slice/session-3.scope", Belonging("session-3.scope")),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/foot.service", Belonging("foot.service")),
        (f"/machine.slice/libpod-{ID}.scope/container", Belonging(f"libpod-{ID}.scope", ID[:12])),
        (f"/machine.slice/libpod-conmon-{ID}.scope", Belonging(f"libpod-conmon-{ID}.scope")),
        (f"/system.slice/web.service/libpod-payload-{ID}", Belonging("web.service")),
        (f"/system.slice/docker-{ID}.scope/system.slice/nginx.service", Belonging(f"docker-{ID}.scope", ID[:12])),
        (f"/docker/{ID}", Belonging(None, ID[:12])),
        (f"/libpod_parent/libpod-{ID}", Belonging(None, ID[:12])),
        (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope", Belonging(f"cri-containerd-{ID}.scope", ID[:12])),
        ("/lxc.payload.web", Belonging(None, "web")),
        ("/lxc/web", Belonging(None, "web")),
        ("/machine.slice/machine-my\\x2dbox.scope/payload/init.scope", Belonging("machine-my-box.scope", "my-box")),
        ("/machine.slice/systemd-nspawn@box.service/payload", Belonging("systemd-nspawn@box.service", "box")),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.example.Files-2201.scope",
            Belonging("app-flatpak-org.example.Files-2201.scope", None, "org.example.Files"),
        ),
        ("/user@1000.service/app.slice/app-gnome-my\\x2dapp-99.scope", Belonging("app-gnome-my-app-99.scope", None, "my-app")),
        ("/user@1000.service/app.slice/app-org.foo.Bar@1f.service", Belonging("app-org.foo.Bar@1f.service", None, "org.foo.Bar")),
        ("/user@1000.service/app.slice/snap.firefox.firefox-12ab.scope", Belonging("snap.firefox.firefox-12ab.scope", None, "firefox")),
    ],
)
def test_a_control_group_names_unit_container_and_app(path: str, belongs: Belonging) -> None:
    assert of_cgroup(path) == belongs


def test_an_app_in_a_folder_is_named_by_its_program() -> None:
    assert of_program([b"/apps/dev.avyos.files/exec", b"x"]) == "dev.avyos.files"
    assert of_program([b"/avyos/apps/caf\xe9/exec"]) == "caf\\xe9"
    assert of_program([b"/usr/bin/apps/x"]) is None and of_program([]) is None and of_program([b"/apps/"]) is None


def test_a_supervisor_says_which_service_it_runs() -> None:
    assert supervised("s6-supervise", [b"s6-supervise", b"weston"]) == "weston"
    assert supervised("s6-supervise", [b"s6-supervise", b"/run/service/vmm/instance/netvm/"]) == "netvm"
    assert supervised("runsv", [b"runsv", b"sshd"]) == "sshd"
    assert supervised("bash", [b"bash", b"sshd"]) is None and supervised("runsv", [b"runsv"]) is None
