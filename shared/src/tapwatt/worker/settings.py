"""What may be set of a worker, by environment (TAPWATT_KAFKA_*, TAPWATT_WORKER_*) or a .env file."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tapwatt.crash_windows import CrashPoint


class KafkaSettings(BaseSettings):
    """Where the log is."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_KAFKA_", env_file=".env", extra="ignore")

    bootstrap: str = Field("127.0.0.1:9092", description="Kafka's host:port, several separated by commas")
    start_timeout_s: float = Field(30.0, gt=0, description="how long to wait at start for Kafka to answer")


class WorkerSettings(BaseSettings):
    """How a worker works. The defaults suit production; seconds where not said otherwise."""

    model_config = SettingsConfigDict(env_prefix="TAPWATT_WORKER_", env_file=".env", extra="ignore")

    host: str = Field("127.0.0.1", description="where /livez, /readyz and /metrics listen")
    port: int = Field(0, ge=0, le=65535, description="their port; 0 takes a free one and logs it")
    webhook_host: str = Field("127.0.0.1", description="where a provider's hints are taken, apart from the others")
    webhook_port: int = Field(0, ge=0, le=65535, description="their port; 0 takes a free one and logs it")
    instance_id: str | None = Field(
        None, description="static membership: a name that survives a restart, one a replica"
    )
    in_flight: int = Field(5000, ge=1, description="records handled at once over all partitions")
    in_flight_per_partition: int = Field(1000, ge=1, description="records kept of one partition")
    max_poll_records: int = Field(500, ge=1, description="records fetched at once")
    commit_interval_s: float = Field(0.5, gt=0, description="how often what is done is committed")
    session_timeout_s: float = Field(10.0, gt=0, description="a worker not heard of for so long loses its partitions")
    heartbeat_s: float = Field(
        3.0, gt=0, description="how often it is heard of: at most a third of the session timeout"
    )
    delivery_timeout_s: float = Field(
        30.0, gt=0, description="after this it is unknown whether a record was produced, and the same is produced again"
    )
    drain_s: float = Field(20.0, ge=0, description="at SIGTERM: how long running handlers may go on")
    stuck_after_s: float = Field(60.0, gt=0, description="with lag and nothing moving for so long, exit non-zero")
    handling_limit_s: float = Field(
        1800.0, gt=0, description="what takes a handler longer is ended and tried again by schedule"
    )
    tries_in_place: int = Field(
        12, ge=1, description="tries before the retry schedule takes over; twelve take half a minute"
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    traces: bool = Field(
        False, description="trace by OpenTelemetry; where to is set by OTEL_EXPORTER_OTLP_ENDPOINT and its like"
    )
    topic_prefix: str = Field(
        "", description="set where several rings share a broker", validation_alias="TAPWATT_TOPIC_PREFIX"
    )
    crash_at: str = Field(
        "",
        description="for trials only: service:window:n kills that service the n-th time it is there; "
        "the windows are in crash-windows.md",
        validation_alias="TAPWATT_CRASH_AT",
    )

    @field_validator("crash_at")
    @classmethod
    def _a_window(cls, text: str) -> str:
        if text:
            CrashPoint.parse(text)
        return text

    @property
    def crash_point(self) -> CrashPoint | None:
        """Where a process is to die, if anywhere."""
        return CrashPoint.parse(self.crash_at) if self.crash_at else None
