"""A real single-node Apache Kafka (KRaft) in one folder, for demos and tests: up in a few seconds."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tapwatt_cli.dev.local.embedded import Embedded
from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.jars import class_path, fetch, kafka_version
from tapwatt_cli.dev.local.java import find_java
from tapwatt_cli.dev.local.processes import Child, free_ports, require_free

HOST = "127.0.0.1"
_START_S = 120.0

_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
min.insync.replicas=1
log.index.size.max.bytes=1048576
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=8388608
"""
# The last three: an index is made at its full size (two of 10 MiB a partition), and the cleaner takes 128 MiB of heap.
_LOGGING = """status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""


def cluster_id(chance: bytes) -> str:
    """A cluster's id of 16 bytes as Kafka writes it; never a dash in front, which its tools take for an option."""
    return base64.urlsafe_b64encode(bytes([chance[0] & 0x7F]) + chance[1:]).decode().rstrip("=")


class EmbeddedKafka(Embedded):
    """`async with EmbeddedKafka(folder) as kafka: kafka.bootstrap`. Data and log stand in the folder."""

    name = "Kafka"
    start_within_s = _START_S

    def __init__(
        self, folder: Path, port: int = 0, heap: str = "512m", tell: Callable[[str], None] = lambda text: None
    ) -> None:
        super().__init__()
        self.folder = folder.resolve()
        self._wanted_port = port
        self._heap = heap
        self._tell = tell
        self.bootstrap = ""
        self.version = kafka_version()

    async def _prepared(self) -> Child:
        """The broker on a formatted storage."""
        java = str(await asyncio.to_thread(find_java))
        jars = class_path(await asyncio.to_thread(fetch, self._tell))
        if self._wanted_port:
            require_free(self._wanted_port, "TAPWATT_KAFKA_PORT")
        settings, logging = self._written()
        command = [java, f"-Xmx{self._heap}", f"-Dlog4j2.configurationFile={logging}", "-cp", jars]
        log = self.folder / "kafka.log"
        if not (self.folder / "data" / "meta.properties").exists():
            await self._format(command, settings, log)
        return Child("Kafka", [*command, "kafka.Kafka", str(settings)], log)

    def _written(self) -> tuple[Path, Path]:
        """The broker's settings and its logging's, on ports of this start."""
        port, controller = free_ports(2)
        port = self._wanted_port or port
        self.bootstrap = f"{HOST}:{port}"
        data = self.folder / "data"
        settings, logging = self.folder / "server.properties", self.folder / "log4j2.properties"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            settings.write_text(
                _SETTINGS.format(host=HOST, port=port, controller=controller, data=data), encoding="utf-8"
            )
            logging.write_text(_LOGGING, encoding="utf-8")
        except OSError as error:
            raise LocalError(
                f"{self.folder} cannot be written ({error.strerror}): Kafka keeps its data there"
            ) from None
        return settings, logging

    async def _format(self, command: list[str], settings: Path, log: Path) -> None:
        name = cluster_id(secrets.token_bytes(16))
        arguments = ["kafka.tools.StorageTool", "format", "--standalone", "-t", name, "-c", str(settings)]
        tool = Child("Kafka's storage tool", [*command, *arguments], log)
        await tool.start()
        if await tool.wait() != 0:
            raise LocalError(f"Kafka's storage in {self.folder} could not be formatted: {tool.last_words()}")

    async def _answers(self) -> bool:
        host, _, port = self.bootstrap.partition(":")
        try:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
        except OSError:
            return False
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            await admin.list_topics()
            return True
        except (KafkaError, OSError):
            return False
        finally:
            await admin.close()
