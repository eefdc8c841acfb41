#!/bin/bash
# Gives each user the password that the Secret has now. Users that are not there any more stay in Kafka.
set -euo pipefail
for file in /etc/kafka-users/*; do
  user=${file##*/}
  # Through a file: a command line can be read by others.
  printf 'SCRAM-SHA-512=password=%s\n' "$(sed 's/\\/\\\\/g' "$file")" > /tmp/credentials
  for attempt in {1..30}; do
    if /opt/kafka/bin/kafka-configs.sh --bootstrap-server "$BOOTSTRAP" --alter --entity-type users --entity-name "$user" --add-config-file /tmp/credentials; then continue 2; fi
    sleep 2
  done
  echo "The password of $user could not be set."
  exit 1
done
