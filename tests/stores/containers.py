"""Kafka and Redis as containers, by the official images' own settings."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import cache

import docker
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from testcontainers.core.container import DockerContainer

from tapwatt_cli.dev.local.jars import kafka_version
from tapwatt_cli.dev.local.processes import free_ports

KAFKA_IMAGE = os.environ.get("TAPWATT_KAFKA_IMAGE", f"apache/kafka:{kafka_version()}")
REDIS_IMAGE = os.environ.get("TAPWATT_REDIS_IMAGE", "redis:7")
HOST = "127.0.0.1"
_START_S = 90.0

# Ryuk, which removes containers after a crash, has an image of its own that may not be to be had: we remove ours.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")


@cache
def engine_answers() -> bool:
    """Whether a container engine answers here."""
    try:
        docker.from_env(timeout=5).ping()
    except docker.errors.DockerException:
        return False
    return True


@cache
def missing_images() -> str:
    """Why the images are not to be had, or nothing if they are: here already, or pulled now."""
    images = docker.from_env(timeout=300).images
    for name in (KAFKA_IMAGE, REDIS_IMAGE):
        try:
            images.get(name)
        except docker.errors.ImageNotFound:
            try:
                images.pull(name)
            except docker.errors.APIError as error:
                return f"image {name} is not here and cannot be pulled ({error.explanation or error})"
    return ""


class Kafka:
    """The official image's Kafka (or one that obeys the same KAFKA_* variables) on a host port chosen beforehand."""

    def __init__(self, image: str = KAFKA_IMAGE) -> None:
        port = free_ports(1)[0]
        self.bootstrap = f"{HOST}:{port}"
        settings = {
            "NODE_ID": "1",
            "PROCESS_ROLES": "broker,controller",
            # The broker calls itself too (to verify a transaction): the host's port is nobody's inside its container.
            "LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093,INSIDE://:9094",
            "ADVERTISED_LISTENERS": f"PLAINTEXT://{self.bootstrap},INSIDE://localhost:9094",
            "INTER_BROKER_LISTENER_NAME": "INSIDE",
            "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT",
            "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
            "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "AUTO_CREATE_TOPICS_ENABLE": "false",
        }
        self._container = DockerContainer(image).with_bind_ports(9092, port)
        for name, value in settings.items():
            self._container.with_env(f"KAFKA_{name}", value)

    def start(self) -> None:
        """Start; returns when it answers."""
        self._container.start()
        _until(lambda: asyncio.run(_kafka_answers(self.bootstrap)), "Kafka", self._container)

    def stop(self) -> None:
        """Stop and remove it."""
        self._container.stop()


class Redis:
    """A Redis container that keeps its writes as the embedded one does, on a host port chosen beforehand."""

    def __init__(self, image: str = REDIS_IMAGE) -> None:
        port = free_ports(1)[0]
        self.url = f"redis://{HOST}:{port}/0"
        keeps = "--appendonly yes --appendfsync everysec"
        self._container = DockerContainer(image).with_bind_ports(6379, port).with_command(keeps)

    async def start(self) -> None:
        """Start; returns when it answers."""
        await asyncio.to_thread(self._container.start)
        await self._ready()

    async def stop(self) -> None:
        """Stop and remove it."""
        await asyncio.to_thread(self._container.stop)

    async def kill(self) -> None:
        """Kill it, as a crash would."""
        await asyncio.to_thread(self._container.get_wrapped_container().kill)

    async def restart(self) -> None:
        """Start it again on the same port and data."""
        await asyncio.to_thread(self._container.get_wrapped_container().start)
        await self._ready()

    async def _ready(self) -> None:
        await asyncio.to_thread(_until, lambda: asyncio.run(_redis_answers(self.url)), "Redis", self._container)


async def _kafka_answers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        await admin.list_topics()
        return True
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()


async def _redis_answers(url: str) -> bool:
    from redis.asyncio import Redis as Client
    from redis.exceptions import RedisError

    client = Client.from_url(url)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


def _until(answers: Callable[[], bool], name: str, container: DockerContainer) -> None:
    end = time.monotonic() + _START_S
    while not answers():
        if time.monotonic() > end:
            out, err = container.get_logs()
            container.stop()
            raise RuntimeError(f"{name} did not answer within {_START_S:g} s: {(out + err)[-2000:].decode()}")
        time.sleep(0.1)
