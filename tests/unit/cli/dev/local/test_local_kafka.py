"""The id of an embedded Kafka's cluster is one that Kafka's own tools accept, whatever chance gives."""

from __future__ import annotations

import base64
from itertools import product

from tapwatt_cli.dev.local.kafka import cluster_id


def test_a_cluster_id_is_sixteen_bytes_and_never_looks_like_an_option() -> None:
    # given every first byte, among them the four that would be written as a dash
    for first, rest in product(range(256), (0x00, 0xF8, 0xFF)):
        # when
        name = cluster_id(bytes([first]) + bytes([rest]) * 15)
        # then
        assert not name.startswith("-")
        assert len(base64.urlsafe_b64decode(name + "==")) == 16
