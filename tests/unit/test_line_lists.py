"""Lists in line mode: numbered, filtered, sorted, paged, watched and asked about; of every service alike."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator

import pytest
from msgspec.structs import replace

from avyctl.line.listing import Listing
from avyctl.line.paper import Paper
from avyctl.line.reader import LineReader
from avyctl.line.source import SNAPSHOT, Change, Row
from avyctl.line.watch import Watch
from hostile import STRINGS
from lines import QUIET, answers, said, talking
from services.init.fake import SERVICES, FakeInit, service
from services.logs.fake import RECORDS, FakeLogs, record
from services.system.fake import FINDINGS, FakeSystem
from sutra_client import errors, events, schema
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.init import Active, Detail, Kind, Service


def services(*rows: Service) -> dict[str, object]:
    """A host with these services and little more."""
    return QUIET | {"init": FakeInit(list(rows or SERVICES))}


def names(listed: str) -> list[str]:
    """The first cell of each numbered row."""
    return re.findall(r"^ *\d+  (\S+)", listed, re.MULTILINE)


@pytest.mark.parametrize("noun", sorted(set(schema.nouns())))
async def test_every_noun_has_a_list(noun: str) -> None:
    listed, told, *_ = answers(await said(f"{noun}\n1\nquit\n"))
    assert listed.splitlines()[1].startswith(" 1  "), listed
    assert not listed.startswith("error") and "error" not in told
    assert told.strip(), "a number tells about its row"


async def test_a_pane_is_opened_by_its_number_its_name_or_its_noun() -> None:
    shown = await said("6\nback\nnet\nhome\nnetwork\nNetwork\nquit\n")
    assert shown.count("avyctl network> ") == 4


async def test_words_behind_a_pane_are_its_filter() -> None:
    listed, again, *_ = answers(await said("services failed\nfilter\n", services()))
    assert names(listed) == ["bridge.service"]
    assert listed.splitlines()[-1] == "1 of 7 pass the filter failed"
    assert len(names(again)) == 7


async def test_a_filter_finds_by_field_and_one_that_is_wrong_changes_nothing() -> None:
    shown = answers(await said("services\nfilter state:inactive\nfilter pid>many\nlist\n", services()))
    assert names(shown[1]) == ["bluetooth.service"]
    assert shown[2].startswith("error: filter: pid is compared")
    assert names(shown[3]) == ["bluetooth.service"]


async def test_what_no_row_passes_and_what_is_empty_is_said() -> None:
    shown = await said("services nothing-has-this\nservices status x\n1\n", services())
    assert "none of 7 pass the filter nothing-has-this" in shown
    assert "no such command or number: 1" in shown
    assert "There are none." in await said("services\n", QUIET | {"init": FakeInit([])})


async def test_a_number_asks_the_service_about_that_row() -> None:
    told = answers(await said("services bridge\n1\n", services()))[1]
    assert "restart" in told and "man:bridge(8)" in told
    assert told.splitlines()[-1] == "same as  avyctl services status bridge.service --scope=system"


async def test_a_row_of_a_list_without_a_question_to_ask_tells_what_it_has() -> None:
    told = answers(await said("network eth0\n1\n"))[1]
    assert "dc:a6:32:01:02:03" in told and "bcmgenet" in told and "alias" not in told


async def test_rows_are_sorted_by_any_field_with_what_is_not_known_last() -> None:
    shown = answers(await said("services\nsort pid\nsort pid desc\nsort state\nsort\nsort nothing\n", services()))
    assert names(shown[1])[:2] == ["dbus.service", "NetworkManager.service"]
    assert names(shown[2])[:2] == ["getty@tty1.service", "ssh.service"]
    assert names(shown[2])[-1] == "bluetooth.service"
    assert names(shown[3])[-1] == "bluetooth.service"
    assert names(shown[4]) == names(shown[0])
    assert shown[5].startswith("error: there is no field to sort by 'nothing'")


async def test_another_list_of_the_service_opens_beside_and_back_goes_back() -> None:
    shown = await said("network\nroutes\nback\nnetwork addresses\nback\nback\n")
    assert shown.count("avyctl network routes> ") == 1 and shown.count("avyctl network addresses> ") == 1
    assert shown.count("avyctl network> ") == 3
    assert shown.endswith("avyctl> \n")


async def test_a_list_with_arguments_is_numbered_too() -> None:
    listed = answers(await said("services list --kinds timer\n", services()))[0]
    assert names(listed) == ["logrotate.timer"]


async def test_read_again_shows_what_is_new() -> None:
    init = FakeInit()
    async with talking(QUIET | {"init": init}) as talk:
        talk.type("services\n")
        await talk.until(lambda shown: shown.endswith("services> "))
        init.change(service("new.service", pid=7))
        talk.type("r\n")
        await talk.until(lambda shown: shown.count("services> ") == 2)
        assert "new.service" in talk.shown


async def test_a_verb_behind_a_number_is_done_with_that_row() -> None:
    async with talking(services()) as talk:
        talk.type("services ssh\n1 status --timeout 3s\nstatus cron\n")
        assert await talk.end() == 0
        assert talk.commands.lines == ["services status ssh.service --scope=system --timeout 3s", "services status cron"]


async def test_any_one_shot_works_at_any_prompt() -> None:
    async with talking(services()) as talk:
        talk.type("avyctl system status\nservices\nsystem status -o json\ninfo\nhelp services status\nservices list -o json\n")
        assert await talk.end() == 0
        assert talk.commands.lines == ["system status", "system status -o json", "info", "help services status", "services list -o json"]
        assert "did info\n" in talk.shown


async def test_a_verb_that_needs_no_row_says_so() -> None:
    shown = await said("network\n1 routes\n1 #\n1 'x\n1 frobnicate\n")
    assert "error: network: routes is not done with a row" in shown
    assert "error: network: what to do?" in shown
    assert "the quote ' never ends" in shown
    assert "there is no verb of network 'frobnicate'" in shown


async def test_a_long_list_comes_in_pages_of_the_terminals_height() -> None:
    rows = [service(f"unit-{number:02}.service") for number in range(1, 31)]
    first, second, third, more = answers(await said("services\n\nnext\nnext\n", services(*rows), size=(80, 13)))[:4]
    assert len(first.splitlines()) == 12 and first.splitlines()[-1] == "20 more lines: Enter or next"
    assert names(first)[-1] == "unit-10.service" and names(second)[0] == "unit-11.service"
    assert names(third)[-1] == "unit-30.service"
    assert more == "That was the last page."
    assert len(names(answers(await said("services\n", services(*rows)))[0])) == 30, "all of it where no terminal is"


async def test_no_line_of_a_list_is_wider_than_the_terminal() -> None:
    listed = answers(await said("services\n", services(service("long-" * 30 + ".service", description="x" * 200)), size=(60, 24)))[0]
    assert all(len(line) <= 60 for line in listed.splitlines())
    assert "long-" * 30 in answers(await said("services\n", services(service("long-" * 30))))[0]


async def test_what_the_host_lacks_is_explained() -> None:
    shown = await said("services\nboxes\n", QUIET)
    assert "error: dev.avyctl.init: nothing on this host provides it: fake: the test has none" in shown
    assert "dev.avyctl.distro" in shown and "dev.avyctl.containers" in shown, "each of the pane's services says why"
    assert shown.endswith("avyctl> \n")


async def test_a_pane_of_several_services_names_the_others() -> None:
    assert "also here: containers" in await said("boxes\n")
    assert "also here: distro" in await said("boxes\n", {"distro": QUIET["distro"]})


class Hung(FakeInit):
    """Never answers; `asked` is set once it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def get(self, name: str, scope: str = "system") -> Detail:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def services(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS, kinds: list[Kind] | None = None
    ) -> AsyncGenerator[events.TableEvent[Service], None]:
        self.asked.set()
        await asyncio.Event().wait()
        yield events.Snapshot([])


async def test_a_service_that_hangs_is_given_up_and_the_others_go_on() -> None:
    shown = await said("services\nsystem\n", QUIET | {"init": Hung()}, seconds=0.3)
    assert "error: services list: nothing came within 0.3 s\n" in shown
    assert shown.endswith("avyctl system findings> \n")


class Deaf(FakeInit):
    """Never tells its findings."""

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        await asyncio.Event().wait()
        yield events.Snapshot([])


async def test_findings_that_do_not_come_are_missed_aloud() -> None:
    shown = await said("findings\n", QUIET | {"init": Deaf()}, seconds=0.3)
    assert shown.count("error: services findings: nothing came within 0.3 s\n") == 2, "at home and in the list"
    assert names(shown.rpartition("error: services findings")[2])[0] == "warning", "the others are listed"


async def test_an_interrupt_gives_up_what_hangs_and_nothing_else() -> None:
    hung = Hung()
    async with talking(QUIET | {"init": hung}, terminal=True) as talk:
        talk.type("services\n")
        await hung.asked.wait()
        signal.raise_signal(signal.SIGINT)
        await talk.until(lambda shown: shown.endswith("\ninterrupted\navyctl> "))
        talk.type("system\n")
        await talk.until(lambda shown: shown.endswith("avyctl system findings> "))
        talk.type("quit\n")
        assert await talk.end() == 0


async def test_watching_writes_rows_as_they_change_until_enter() -> None:
    init = FakeInit()
    async with talking(QUIET | {"init": init}) as talk:
        talk.type("services ssh\nwatch\n")
        await talk.until(lambda shown: "Watching" in shown)
        init.change(replace(SERVICES[5], active=Active.FAILED, sub="failed", pid=None))
        await talk.until(lambda shown: "changed  ssh.service" in shown)
        init.change(replace(SERVICES[1], pid=99))
        init.vanish("ssh.service")
        await talk.until(lambda shown: "removed  ssh.service" in shown)
        talk.type("\n")
        await talk.until(lambda shown: shown.count("services> ") == 2)
        assert "cron" not in talk.shown, "the filter holds"


async def test_a_broken_stream_is_said_and_what_changed_meanwhile_is_told_when_it_is_back() -> None:
    async def changes() -> AsyncGenerator[Change, None]:
        before: list[Row] = [{"name": name, "active": "active"} for name in ("kept", "gone", "changed")]
        after: list[Row] = [{"name": "kept", "active": "active"}, {"name": "changed", "active": "failed"}]
        yield SNAPSHOT, before
        yield "stale since 10:00:00: the service ended", []
        yield SNAPSHOT, after
        raise SutraError(errors.FAILED, "the end")

    written: list[str] = []
    of = schema.load("services")
    listing = Listing(of, "Service", [of.fields("Service")[name] for name in ("name", "active")])
    reading, typing = os.pipe()
    try:
        with pytest.raises(SutraError, match="the end"):
            await Watch(listing, ("name",), Paper(written.append)).until_typed(changes(), LineReader(reading))
    finally:
        os.close(reading)
        os.close(typing)
    assert "".join(written).splitlines() == [
        "Watching, until Enter.",
        "stale since 10:00:00: the service ended",
        "removed  gone     active",
        "changed  changed  failed",
    ]


async def test_home_tells_the_worst_and_how_many_more_there_are() -> None:
    found = [replace(FINDINGS[0], id=str(number), object=f"object-{number:02}") for number in range(20)]
    shown = await said("", QUIET | {"system": FakeSystem(findings=found)})
    assert shown.count("object-") == 8 and "and 12 more: findings" in shown


async def test_the_log_is_watched_as_it_grows_and_an_interrupt_ends_it() -> None:
    logs = FakeLogs(RECORDS)
    async with talking(QUIET | {"logs": logs}, terminal=True) as talk:
        talk.type("logs broker\nwatch\n")
        await talk.until(lambda shown: shown.count("lost contact") == 2)
        logs.source.write(record(7, "broker\x1b[2J is back"), record(8, "unrelated"))
        await talk.until(lambda shown: "broker\\x1b[2J is back" in shown)
        signal.raise_signal(signal.SIGINT)
        await talk.until(lambda shown: shown.endswith("interrupted\navyctl logs> "))
        assert "unrelated" not in talk.shown


async def test_what_answers_once_cannot_be_watched_and_what_ends_a_watch_is_done() -> None:
    shown = await said("findings\nwatch\nservices\nwatch\nquit\nhelp\n", services())
    assert "error: findings of several services cannot be watched" in shown
    assert "NUMBER" not in shown


@pytest.mark.parametrize("text", STRINGS)
@pytest.mark.parametrize("utf8", [True, False])
async def test_no_hostile_row_reaches_the_terminal(text: str, utf8: bool) -> None:
    hostile = service(f"x{text}", description=text)
    words = f"services\n1\nfilter {text.splitlines()[0] if text else ''}\nsort name\nfindings\n1\n"
    shown = await said(words, services(hostile, replace(hostile, name="y", active=Active.FAILED)), utf8=utf8, size=(60, 24))
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert utf8 or shown.isascii()
