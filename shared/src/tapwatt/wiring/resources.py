"""What a service opens before the first event and closes after the last, whatever raises in between."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from tapwatt.worker.service import Probe, Route, Service


class Resource(Protocol):
    """Something outside that a service needs while it hears events."""

    def opened(self) -> AbstractAsyncContextManager[object]:
        """Connect, or say in one sentence why that is not possible; at the end let go of everything."""
        ...

    @property
    def posts(self) -> Mapping[str, Route]:
        """The HTTP paths it answers."""
        ...

    @property
    def probes(self) -> Mapping[str, Probe]:
        """Whether it can be used, by the name of what it is."""
        ...


def with_resources(service: Service, *resources: Resource) -> Service:
    """The service with what it needs: opened in this order, closed in the other."""
    posts = {path: route for resource in resources for path, route in resource.posts.items()}
    probes = {name: probe for resource in resources for name, probe in resource.probes.items()}
    return replace(service, opens=tuple(resource.opened for resource in resources), posts=posts, probes=probes)
