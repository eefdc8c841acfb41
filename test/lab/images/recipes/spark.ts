/**
 * Spark from PyPI's `pyspark`, which carries the whole distribution: SQL, thrift server, Spark Connect, Kubernetes; its bundle of the
 * Connect client's shell is left out. Laid out like Apache's own image, with the entry point that Spark on Kubernetes starts its drivers
 * and executors through.
 */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { wheel } from '../../build/downloads.ts';
import type { Wheel } from '../../build/downloads.ts';
import { untar } from '../../build/unpack.ts';
import { BASE, debian } from '../debian.ts';
import { javaHome, jre } from '../java.ts';
import { files, script, users } from '../layers.ts';
import type { Entry } from '../layers.ts';
import type { ImageRecipe, LayerRecipe } from '../recipe.ts';

/** A source archive, since this package has no wheel: 456 MB. */
const PYSPARK: Wheel = {
  package: 'pyspark',
  version: '4.1.4',
  file: 'pyspark-4.1.4.tar.gz',
  sha256: 'bcbd5e18690cf79d438e97210ad06fb8d451a251bb77becc2b0418868d2acd73',
};

const HOME = 'opt/spark';

const distribution: LayerRecipe = {
  title: 'Spark',
  key: `spark 1 ${PYSPARK.sha256}`,
  build: async (folder, progress) => {
    const whole = `${folder}.whole`;
    try {
      await untar(await wheel(PYSPARK, progress), whole, 1);
      const home = join(folder, HOME);
      mkdirSync(join(home, 'python/lib'), { recursive: true });
      for (const name of ['bin', 'sbin', 'jars', 'data']) renameSync(join(whole, 'deps', name), join(home, name));
      renameSync(join(whole, 'deps/examples'), join(home, 'examples'));
      renameSync(join(whole, 'pyspark'), join(home, 'python/pyspark'));
      for (const name of readdirSync(join(whole, 'lib'))) renameSync(join(whole, 'lib', name), join(home, 'python/lib', name));
      rmSync(join(home, 'jars/connect-repl'), { recursive: true });
      for (const name of readdirSync(join(home, 'bin')))
        if (name.endsWith('.cmd')) rmSync(join(home, 'bin', name));
        else chmodSync(join(home, 'bin', name), 0o755);
      for (const name of readdirSync(join(home, 'sbin'))) chmodSync(join(home, 'sbin', name), 0o755);
    } finally {
      rmSync(whole, { recursive: true, force: true });
    }
  },
};

/** Spark always asks for a module that this Java lacks; without it one library of its machine learning is slower. */
const JAVA = `#!/bin/bash
arguments=()
for one in "$@"; do [ "$one" = --add-modules=jdk.incubator.vector ] || arguments+=("$one"); done
exec ${javaHome(17)}/bin/java "\${arguments[@]}"
`;
const SPARK_JAVA = 'opt/java/spark';

const ENTRYPOINT = `#!/bin/bash
# driver …: spark-submit in client mode. executor: this pod's part of an application. Anything else is run as it is.
set -e
if ! grep -q "^[^:]*:[^:]*:$(id -u):" /etc/passwd && [ -w /etc/passwd ]; then
  echo "$(id -u):x:$(id -u):$(id -g):\${SPARK_USER_NAME:-anonymous uid}:$SPARK_HOME:/bin/false" >> /etc/passwd
fi

classpath=\${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$SPARK_CLASSPATH:$SPARK_HOME/jars/*
[ -z "$SPARK_EXTRA_CLASSPATH" ] || classpath=$classpath:$SPARK_EXTRA_CLASSPATH
[ -z "$HADOOP_CONF_DIR" ] || classpath=$HADOOP_CONF_DIR:$classpath

case $1 in
  driver)
    shift
    set -- "$SPARK_HOME/bin/spark-submit" --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \\
      --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" --deploy-mode client "$@"
    ;;
  executor)
    # SPARK_JAVA_OPT_0, SPARK_JAVA_OPT_1 and so on, in the order of their numbers.
    options=()
    for name in $(compgen -e SPARK_JAVA_OPT_ | sort -t_ -k4 -n); do options+=("\${!name}"); done
    set -- "$JAVA_HOME/bin/java" "\${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \\
      -cp "$classpath:$SPARK_DIST_CLASSPATH" org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \\
      --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \\
      --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \\
      --podName "$SPARK_EXECUTOR_POD_NAME"
    ;;
esac
exec /usr/bin/tini -s -- "$@"
`;

/** The scripts of the distribution that PyPI's package leaves out, by the class that each starts or stops. */
const SERVICES: Readonly<Record<string, { readonly type: string; readonly name: string; readonly submit: boolean }>> = {
  thriftserver: { type: 'org.apache.spark.sql.hive.thriftserver.HiveThriftServer2', name: 'Thrift JDBC/ODBC Server', submit: true },
  'connect-server': { type: 'org.apache.spark.sql.connect.service.SparkConnectServer', name: 'Spark Connect server', submit: true },
  master: { type: 'org.apache.spark.deploy.master.Master', name: 'Master', submit: false },
  worker: { type: 'org.apache.spark.deploy.worker.Worker', name: 'Worker', submit: false },
};

const services: Record<string, Entry> = {};
for (const [service, { type, name, submit }] of Object.entries(SERVICES)) {
  const start = submit ? `submit ${type} 1 --name "${name}"` : `start ${type} 1`;
  services[`${HOME}/sbin/start-${service}.sh`] = script(
    `#!/bin/bash\nexport SPARK_HOME=\${SPARK_HOME:-/opt/spark}\nexec "$SPARK_HOME/sbin/spark-daemon.sh" ${start} "$@"\n`,
  );
  services[`${HOME}/sbin/stop-${service}.sh`] = script(
    `#!/bin/bash\nexport SPARK_HOME=\${SPARK_HOME:-/opt/spark}\nexec "$SPARK_HOME/sbin/spark-daemon.sh" stop ${type} 1\n`,
  );
}

export const SPARK: ImageRecipe = {
  short: 'spark',
  name: `docker.io/apache/spark:${PYSPARK.version}`,
  aliases: [`docker.io/library/spark:${PYSPARK.version}`],
  layers: [
    BASE,
    jre(17),
    debian(['python3']),
    distribution,
    users([{ name: 'spark', uid: 185, gid: 185, home: '/home/spark' }], {
      [`${HOME}/work-dir`]: 'spark',
      [`${HOME}/conf`]: 'spark',
      [`${HOME}/logs`]: 'spark',
    }),
    files('entry point', {
      ...services,
      'opt/entrypoint.sh': script(ENTRYPOINT),
      [`${SPARK_JAVA}/bin/java`]: script(JAVA),
      [`${HOME}/RELEASE`]: `Spark ${PYSPARK.version}\n`,
    }),
  ],
  config: {
    user: 'spark',
    workdir: '/opt/spark/work-dir',
    env: { SPARK_HOME: '/opt/spark', JAVA_HOME: `/${SPARK_JAVA}`, LANG: 'C.UTF-8' },
    entrypoint: ['/opt/entrypoint.sh'],
  },
};
