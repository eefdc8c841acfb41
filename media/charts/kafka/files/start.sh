#!/bin/bash
# Becomes the broker: its own settings from its number, a formatted disk at the first start.
set -euo pipefail
id=${HOSTNAME##*-}
host=$HOSTNAME.$BROKERS_DOMAIN
settings=/run/kafka/server.properties
cp /etc/kafka-chart/server.properties $settings
advertised=BROKER://$host:9091,INTERNAL://$host:$INTERNAL_PORT
listeners=BROKER://:9091,INTERNAL://:$INTERNAL_PORT
roles=broker
if [ -n "$SASL_PORT" ]; then
  advertised+=,SASL://$host:$SASL_PORT
  listeners+=,SASL://:$SASL_PORT
fi
if [ "$id" -lt "$CONTROLLERS" ]; then
  roles=broker,controller
  listeners+=,CONTROLLER://:9093
fi
printf '%s\n' "node.id=$id" "process.roles=$roles" "listeners=$listeners" "advertised.listeners=$advertised" >> $settings

if [ ! -e /var/lib/kafka/data/log/meta.properties ]; then
  # Passwords go through a file: a command line can be read by others. Users are written with the first metadata of the cluster.
  arguments=/run/kafka/format
  printf '%s\n' format --cluster-id "$CLUSTER_ID" --config $settings > $arguments
  if [ -n "$SASL_PORT" ]; then
    for file in /etc/kafka-users/*; do
      password=$(< "$file")
      # Its parser splits at commas and knows no quotes: other passwords come with the job after the install.
      if [[ $password =~ ^[A-Za-z0-9._~-]+$ ]]; then
        printf '%s\n' --add-scram "SCRAM-SHA-512=[name=${file##*/},password=$password]" >> $arguments
      fi
    done
  fi
  KAFKA_HEAP_OPTS=-Xmx128m /opt/kafka/bin/kafka-storage.sh @$arguments
  rm $arguments
fi
rm -f /run/kafka/joined
date +%s > /run/kafka/started
exec /opt/kafka/bin/kafka-server-start.sh $settings
