"""The whole ring on this machine: Kafka, Redis, topics, the simulated provider, the four services, the exporter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType

import aiohttp

from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.embedded import Embedded
from tapwatt_cli.dev.local.processes import free_ports, require_free
from tapwatt_cli.dev.local_stores import kafka_here, redis_here
from tapwatt_cli.dev.ring_process import RingBroken, RingProcess
from tapwatt_cli.dev.ring_settings import EXPORTER, EXPORTER_MODULE, PROVIDER_KEY, SERVICES, RingSettings
from tapwatt_cli.ops.declared_topics import with_topics

HOST = "127.0.0.1"
Tell = Callable[[str], None]


def _say_nothing(what: str) -> None:
    return None


class Ring:
    """Use it as `async with Ring(settings) as ring`. What it started, it stops, whatever happens in between.

    `bootstrap`, `redis_url` and `provider_url` say where its parts are, `logs` where they write. A part that ends by
    itself is heard of in `broken()`.
    """

    def __init__(self, settings: RingSettings, tell: Tell = _say_nothing) -> None:
        self.settings = settings
        self.logs = settings.folder / "logs"
        self.topics = Topics(settings.topic_prefix)
        self.bootstrap = settings.bootstrap or ""
        self.redis_url = settings.redis_url or ""
        self.provider_url = ""
        self.ports: dict[str, int] = {}
        self.webhooks: dict[str, str] = {}
        self._tell = tell
        self._parts: dict[str, RingProcess] = {}
        self._stores: list[Embedded] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Ring:
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RingBroken(
                f"{self.logs} cannot be made ({error.strerror}): the ring keeps its files there; choose another folder"
            ) from None
        try:
            await self._up()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell("stopping")
        await self._stack.aclose()

    async def kill(self, service: str) -> None:
        """End a service at once, as a crash does."""
        await self._parts[service].kill()

    async def start(self, service: str) -> None:
        """Start a service that was killed, and wait until it is ready."""
        await self._parts[service].restart()

    def part(self, name: str) -> RingProcess:
        """The process of a service, the exporter or the simulator."""
        return self._parts[name]

    async def another(self, service: str, number: int) -> RingProcess:
        """Start one more worker of a service, and do not wait for it. The ring stops it with the others."""
        port, webhook_port = free_ports(2, HOST)
        worker = self._service(service, number, port, webhook_port)
        self._stack.push_async_callback(worker.stop)
        await worker.start()
        return worker

    def pid(self, part: str) -> int | None:
        """The process id of a service, or of the simulator, while it runs."""
        return self._parts[part].pid

    def service_url(self, service: str) -> str:
        """Where a service, or the exporter, tells how it is: /readyz, /livez and /metrics."""
        return f"http://{HOST}:{self.ports[service]}"

    def metrics_url(self, service: str) -> str:
        """Where a service tells its metrics."""
        return f"{self.service_url(service)}/metrics"

    @property
    def parts(self) -> list[RingProcess | Embedded]:
        """Every process of it, while it is up."""
        return [*self._stores, *self._parts.values()]

    async def broken(self) -> None:
        """Wait until a part ends by itself, and raise RingBroken with its own sentence."""
        waiting = [asyncio.create_task(part.ended(), name=part.name) for part in self._parts.values()]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _up(self) -> None:
        stores = "Kafka, Redis and the simulated provider"
        self._tell(f"starting {stores}" if not self.bootstrap else "starting the simulated provider")
        simulator = self._simulator()
        self._stack.push_async_callback(simulator.stop)
        await self._begin(simulator)
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(simulator.ready())
                if not self.redis_url:
                    together.create_task(self._redis())
                if not self.bootstrap:
                    together.create_task(self._kafka())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        await self._knows_us()
        self._tell("creating the topics")
        await with_topics(self.bootstrap, prefix=self.topics.prefix)
        self._tell("starting the four services")
        await self._services()

    async def _kafka(self) -> None:
        kafka = await self._stack.enter_async_context(kafka_here(self.settings.folder, self._tell))
        self.bootstrap = kafka.bootstrap
        self._stores.append(kafka)

    async def _redis(self) -> None:
        redis = await self._stack.enter_async_context(redis_here(self.settings.folder, self._tell))
        self.redis_url = redis.url
        self._stores.append(redis)

    def _simulator(self) -> RingProcess:
        if self.settings.provider_port:
            require_free(self.settings.provider_port, "--provider-port")
        port = self.settings.provider_port or free_ports(1, HOST)[0]
        self.provider_url = f"http://{HOST}:{port}"
        env = {
            "TAPWATT_SIM_HOST": HOST,
            "TAPWATT_SIM_PORT": str(port),
            "TAPWATT_SIM_LEDGER": str(self.settings.folder / "ledger.sqlite"),
            "TAPWATT_SIM_API_KEY": PROVIDER_KEY,
            **self.settings.simulator_environment,
        }
        ready, log = f"{self.provider_url}/admin/health", self.logs / "simulator.log"
        return RingProcess("simulator", self.settings.provider_module, log, env=env, ready_url=ready)

    async def _services(self) -> None:
        parts = []
        free = free_ports(2 * len(SERVICES) + 1, HOST)
        self.ports, hint_ports = (
            dict(zip(SERVICES, free, strict=False)),
            dict(zip(SERVICES, free[len(SERVICES) : -1], strict=True)),
        )
        for name in SERVICES:
            self.webhooks[name] = _webhook(hint_ports[name])
            parts.append(self._service(name, 1, self.ports[name], hint_ports[name]))
        parts.append(self._exporter(free[-1]))
        self._stack.push_async_callback(_stop_all, parts)
        for part in parts:
            await self._begin(part)
        try:
            async with asyncio.TaskGroup() as together:
                for part in parts:
                    together.create_task(part.ready())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    def _service(self, name: str, number: int, port: int, webhook_port: int) -> RingProcess:
        """The worker of this number of a service."""
        env = {
            **self.settings.environment,
            "TAPWATT_KAFKA_BOOTSTRAP": self.bootstrap,
            "TAPWATT_REDIS_URL": self.redis_url,
            "TAPWATT_REDIS_KEY_PREFIX": self.topics.prefix.strip(".") or "tapwatt",
            "TAPWATT_PROVIDER_BASE_URL": f"{self.provider_url}/api/v1",
            "TAPWATT_PROVIDER_API_KEY": self.settings.provider_key,
            "TAPWATT_PROVIDER_WEBHOOK_URL": _webhook(webhook_port),
            "TAPWATT_FINGERPRINT_KEYS": self.settings.fingerprint_keys,
            "TAPWATT_TOPIC_PREFIX": self.topics.prefix,
            "TAPWATT_WORKER_HOST": HOST,
            "TAPWATT_WORKER_PORT": str(port),
            "TAPWATT_WORKER_WEBHOOK_HOST": HOST,
            "TAPWATT_WORKER_WEBHOOK_PORT": str(webhook_port),
            "TAPWATT_WORKER_INSTANCE_ID": f"{name}-{number}",
        }
        called = name if number == 1 else f"{name}-{number}"
        ready = f"http://{HOST}:{port}/readyz"
        return RingProcess(called, SERVICES[name], self.logs / f"{called}.log", env=env, ready_url=ready)

    def _exporter(self, port: int) -> RingProcess:
        """It is waited for until it answers, not until it has read the log: nobody's session waits for it."""
        self.ports[EXPORTER] = port
        env = {
            **self.settings.environment,
            "TAPWATT_KAFKA_BOOTSTRAP": self.bootstrap,
            "TAPWATT_TOPIC_PREFIX": self.topics.prefix,
            "TAPWATT_EXPORTER_HOST": HOST,
            "TAPWATT_EXPORTER_PORT": str(port),
        }
        answers = f"{self.service_url(EXPORTER)}/livez"
        return RingProcess(EXPORTER, EXPORTER_MODULE, self.logs / f"{EXPORTER}.log", env=env, ready_url=answers)

    async def _begin(self, part: RingProcess) -> None:
        await part.start()
        self._parts[part.name] = part

    async def _knows_us(self) -> None:
        """Ask the provider something with our key, so that a wrong one is heard of before anybody charges."""
        url = f"{self.provider_url}/api/v1/transaction?merchantOrderReference=nobody"
        us = {"Authorization": aiohttp.encode_basic_auth(self.settings.provider_key, ""), "User-Agent": "Tapwatt"}
        async with aiohttp.ClientSession(headers=us) as http, http.get(url) as answer:
            if answer.status in (401, 403):
                raise RingBroken(
                    "the provider does not accept our API key; set TAPWATT_PROVIDER_API_KEY to the provider's key, "
                    "or unset it for the simulated provider"
                )


def _webhook(port: int) -> str:
    return f"http://{HOST}:{port}/webhooks/provider"


async def _stop_all(parts: list[RingProcess]) -> None:
    await asyncio.gather(*(part.stop() for part in parts))
