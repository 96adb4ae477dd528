#!/usr/bin/env bash
# Build the Kafka and Redis images that the tests use where no image registry can be reached.
#   BASE=debian:bookworm tests/stores/images/build-for-tests.sh
# Prints the two names, for TAPWATT_KAFKA_IMAGE and TAPWATT_REDIS_IMAGE.
set -euo pipefail
cd "$(dirname "$0")"

base=${BASE:-debian:bookworm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r kafka/. "$work"
jars=$(../../../.venv/bin/python -c 'from tapwatt_cli.dev.local.jars import fetch; print(fetch())')
mkdir "$work/libs" && cp "$jars"/*.jar "$work/libs"

docker build --quiet --network host --build-arg BASE="$base" --tag tapwatt-test/kafka "$work" >/dev/null
docker build --quiet --network host --build-arg BASE="$base" --tag tapwatt-test/redis redis >/dev/null
echo tapwatt-test/kafka tapwatt-test/redis
