/**
 * Kafka, laid out and configured like Apache's own image: `KAFKA_…` variables become `server.properties` by the same program
 * (`KafkaDockerWrapper`), which formats the storage too. The scripts have the distribution's names.
 */
import { BASE } from '../debian.ts';
import { javaHome, jars, jre } from '../java.ts';
import { files, script, users } from '../layers.ts';
import type { Entry } from '../layers.ts';
import type { ImageRecipe } from '../recipe.ts';

/** Command-line tools by the name of their script: the class, and the memory that they may take. */
const TOOLS: Readonly<Record<string, string>> = {
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-share-consumer': 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-dump-log': 'kafka.tools.DumpLogSegments',
  'kafka-e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-jmx': 'org.apache.kafka.tools.JmxTool',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-replica-verification': 'org.apache.kafka.tools.ReplicaVerificationTool',
  'kafka-share-groups': 'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
};

// Java takes the last of two options that contradict each other, so what the person gives comes last.
const RUN_CLASS = `#!/bin/bash
# kafka-run-class.sh CLASS ARGUMENTS…: the class with all of Kafka's jars, and the options that the environment names.
home=$(dirname "$(dirname "$(readlink -f "$0")")")
log4j=\${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=$home/config/tools-log4j2.yaml}
jmx=$KAFKA_JMX_OPTS
if [ -n "$JMX_PORT" ]; then
  jmx="-Dcom.sun.management.jmxremote.port=$JMX_PORT -Dcom.sun.management.jmxremote.rmi.port=$JMX_PORT \${jmx:--Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false}"
fi
exec java \${KAFKA_HEAP_OPTS:--Xmx256m} \${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1} -Djava.awt.headless=true $log4j $jmx \\
  $KAFKA_GC_LOG_OPTS $KAFKA_OPTS -cp "\${CLASSPATH:+$CLASSPATH:}$home/libs/*" "$@"
`;

const SERVER_START = `#!/bin/bash
# kafka-server-start.sh [-daemon] server.properties [--override name=value]…
here=$(dirname "$(readlink -f "$0")")
if [ $# -lt 1 ]; then echo "Usage: $0 [-daemon] server.properties [--override property=value]..." >&2; exit 1; fi
if [ "$1" = -daemon ]; then shift; nohup "$0" "$@" > /dev/null 2>&1 < /dev/null & exit; fi
export KAFKA_HEAP_OPTS=\${KAFKA_HEAP_OPTS:--Xmx400m -Xms128m}
export KAFKA_JVM_PERFORMANCE_OPTS=\${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:+ExplicitGCInvokesConcurrent}
export KAFKA_LOG4J_OPTS=\${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=$here/../config/log4j2.yaml}
exec "$here/kafka-run-class.sh" kafka.Kafka "$@"
`;

const SERVER_STOP = `#!/bin/bash
# Asks every broker in this container to leave.
pids=$(pgrep -f ' kafka\\.Kafka ')
if [ -z "$pids" ]; then echo "No kafka server to stop" >&2; exit 1; fi
kill -s "\${KAFKA_STOP_SIGNAL:-TERM}" $pids
`;

const RUN = `#!/bin/bash
# Makes the configuration from the environment and what is mounted, formats the storage when it is new, and becomes the broker.
set -e
export CLUSTER_ID=\${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}
if [ -n "$KAFKA_JMX_PORT" ]; then
  export JMX_PORT=$KAFKA_JMX_PORT
  export KAFKA_JMX_OPTS=\${KAFKA_JMX_OPTS:--Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false -Djava.rmi.server.hostname=\${KAFKA_JMX_HOSTNAME:-$(hostname -i | cut -d' ' -f1)}}
fi
# Links to a Service called "kafka" look like settings of the broker and are none.
for name in \${!KAFKA_*}; do
  case $name in
    KAFKA_*SERVICE_HOST | KAFKA_*SERVICE_PORT | KAFKA_*SERVICE_PORT_* | KAFKA_*PORT_*_TCP* | KAFKA_*PORT_*_UDP*) unset "$name" ;;
    *) case \${!name} in tcp://* | udp://*) unset "$name" ;; esac ;;
  esac
done
said=$(JMX_PORT= KAFKA_OPTS= KAFKA_JMX_OPTS= /opt/kafka/bin/kafka-run-class.sh kafka.docker.KafkaDockerWrapper setup \\
  --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) || failed=1
echo "$said"
# A disk from before is what a broker that starts again must find; the configuration is made by then.
if [ -n "$failed" ] && ! grep -qi 'already formatted' <<< "$said"; then exit 1; fi
exec /opt/kafka/bin/kafka-server-start.sh /opt/kafka/config/server.properties
`;

/** One broker that is its own controller: what runs when nothing is configured. */
const SERVER_PROPERTIES = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
`;

function logging(level: string, target: string): string {
  return `Configuration:
  Properties:
    Property:
      - name: "logPattern"
        value: "[%d] %p %m (%c)%n"
  Appenders:
    Console:
      name: ${target === 'SYSTEM_OUT' ? 'STDOUT' : 'STDERR'}
      target: ${target}
      PatternLayout:
        pattern: "\${logPattern}"
  Loggers:
    Root:
      level: "${level}"
      AppenderRef:
        - ref: ${target === 'SYSTEM_OUT' ? 'STDOUT' : 'STDERR'}
`;
}

const BIN = 'opt/kafka/bin';
const scripts: Record<string, Entry> = {
  [`${BIN}/kafka-run-class.sh`]: script(RUN_CLASS),
  [`${BIN}/kafka-server-start.sh`]: script(SERVER_START),
  [`${BIN}/kafka-server-stop.sh`]: script(SERVER_STOP),
};
for (const [name, type] of Object.entries(TOOLS))
  scripts[`${BIN}/${name}.sh`] = script(`#!/bin/bash\nexec "$(dirname "$(readlink -f "$0")")/kafka-run-class.sh" ${type} "$@"\n`);

const server = logging('INFO', 'SYSTEM_OUT');
const tools = logging('WARN', 'SYSTEM_ERR');

export const KAFKA: ImageRecipe = {
  short: 'kafka',
  name: 'docker.io/apache/kafka:4.1.1',
  layers: [
    BASE,
    jre(25),
    jars('kafka', 'opt/kafka/libs'),
    users([{ name: 'appuser', uid: 1000, gid: 1000 }], {
      'opt/kafka/config': 'appuser',
      'opt/kafka/logs': 'appuser',
      'etc/kafka/secrets': 'appuser',
      'mnt/shared/config': 'appuser',
      'var/lib/kafka/data': 'appuser',
    }),
    files(
      'Kafka',
      {
        ...scripts,
        'etc/kafka/docker/run': script(RUN),
        'etc/kafka/docker/server.properties': SERVER_PROPERTIES,
        'etc/kafka/docker/log4j2.yaml': server,
        'etc/kafka/docker/tools-log4j2.yaml': tools,
        'opt/kafka/config/server.properties': SERVER_PROPERTIES,
        'opt/kafka/config/log4j2.yaml': server,
        'opt/kafka/config/tools-log4j2.yaml': tools,
      },
      [{ path: 'opt/kafka/config', uid: 1000, gid: 1000 }],
    ),
  ],
  config: {
    user: 'appuser',
    env: { JAVA_HOME: javaHome(25), LANG: 'C.UTF-8', PATH: '/opt/kafka/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    cmd: ['/etc/kafka/docker/run'],
    ports: ['9092/tcp'],
    volumes: ['/etc/kafka/secrets', '/mnt/shared/config', '/var/lib/kafka/data'],
  },
};
