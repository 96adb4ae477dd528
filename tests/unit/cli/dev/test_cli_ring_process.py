"""A process of the ring: it becomes ready, is killed and started again, and its last sentence is heard when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.dev.ring_process import RingBroken, RingProcess

SERVES = """
import http.server, os, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
print("up", os.getpid(), flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"""

Make = Callable[[str, str], RingProcess]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a process of a module with this source, and ends it after the test."""
    made: list[RingProcess] = []

    def of(name: str, source: str) -> RingProcess:
        (tmp_path / f"{name}_module.py").write_text(source)
        port = free_ports(1)[0]
        env = {"PORT": str(port), "PYTHONPATH": str(tmp_path)}
        url = f"http://127.0.0.1:{port}/"
        made.append(RingProcess(name, f"{name}_module", tmp_path / f"{name}.log", env=env, ready_url=url))
        return made[-1]

    yield of
    for process in made:
        await process.kill()


async def test_s33_it_can_be_killed_and_started_again(make: Make, tmp_path: Path) -> None:
    # given a process that is ready
    process = make("server", SERVES)
    await process.start()
    await process.ready()
    first = process.pid
    # when it is killed and started again
    await process.kill()
    assert process.pid is None
    await process.start()
    await process.ready()
    # then it is another process, which goes on with the same log
    assert process.pid not in (None, first)
    assert (tmp_path / "server.log").read_text().count("up") == 2
    # and it ends when it is asked to
    await process.stop()
    assert process.pid is None


async def test_one_that_ends_early_is_heard_in_its_own_words(make: Make) -> None:
    # given a process that ends at once, with a sentence
    sentence = "early: the provider does not accept our key; set TAPWATT_PROVIDER_API_KEY"
    process = make("early", f"import sys; print('noise'); sys.exit({sentence!r})")
    await process.start()
    # then waiting for it to be ready ends with that sentence
    with pytest.raises(RingBroken) as broken:
        await process.ready()
    assert str(broken.value) == sentence


async def test_one_that_ends_without_a_word_is_named_with_its_log(make: Make, tmp_path: Path) -> None:
    process = make("silent", "raise SystemExit(3)")
    await process.start()
    with pytest.raises(RingBroken, match=r"silent ended by itself: it said nothing \(its log: .*silent\.log\)"):
        await process.ended()


async def test_one_that_takes_too_long_is_named_with_its_log(make: Make) -> None:
    process = make("slow", "import time; time.sleep(60)")
    await process.start()
    with pytest.raises(RingBroken, match=r"slow was not ready within 0.5 s \(nothing yet\); see .*slow.log"):
        await process.ready(within_s=0.5)
