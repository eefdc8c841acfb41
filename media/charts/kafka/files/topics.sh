#!/bin/bash
# Makes the topics that are missing, and gives those that are there the partitions and settings that they lack.
# /etc/kafka-chart/topics: a line is "name partitions replicas key=value …".
set -euo pipefail
bootstrap="--bootstrap-server $BOOTSTRAP"
topics() { /opt/kafka/bin/kafka-topics.sh $bootstrap "$@"; }

for _ in {1..60}; do there=$(topics --describe) && break || sleep 2; done
[ -n "${there+known}" ] || { echo "No broker answers at $BOOTSTRAP."; exit 1; }
failed=0
while read -r name partitions replicas config; do
  line=$(grep -P "^Topic: \Q$name\E\t.*PartitionCount:" <<< "$there" || true)
  if [ -z "$line" ]; then
    options=()
    for one in $config; do options+=(--config "$one"); done
    topics --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor "$replicas" "${options[@]}" || failed=1
    continue
  fi
  now=$(sed -E 's/.*PartitionCount: *([0-9]+).*/\1/' <<< "$line")
  if [ "$partitions" -gt "$now" ]; then
    topics --alter --topic "$name" --partitions "$partitions" && echo "$name has $partitions partitions now, and had $now." || failed=1
  elif [ "$partitions" -lt "$now" ]; then
    echo "$name keeps its $now partitions: they can't become fewer."
  fi
  changes=
  for one in $config; do grep -qF -- "$one" <<< "$line" || changes+=${changes:+,}$one; done
  if [ -n "$changes" ]; then
    /opt/kafka/bin/kafka-configs.sh $bootstrap --alter --entity-type topics --entity-name "$name" --add-config "$changes" || failed=1
  fi
done < /etc/kafka-chart/topics
exit $failed
