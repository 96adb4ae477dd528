#!/bin/sh
# As the official image does: KAFKA_* variables become server.properties, the storage is formatted, the broker starts.
set -e
: "${CLUSTER_ID:=dGFwd2F0dC10ZXN0cy0xMQ}"
export CLUSTER_ID
java -cp "/opt/kafka/libs/*" kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config
exec java -Xmx512m -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml -cp "/opt/kafka/libs/*" \
  kafka.Kafka /opt/kafka/config/server.properties
