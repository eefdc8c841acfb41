/**
 * node test/lab/images/locks/lock.ts [kafka|presto]: writes the lock files beside it anew; needs Maven (Debian: `maven`), which the lab
 * itself does not. Run it after a version below was changed. A line is `group:artifact:version[:classifier] sha256`, in the order of names.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../workbench/cache.mjs';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

/** What each image starts from; everything that these need at run time is locked with them. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  // The distribution adds the log4j 2 binding and bridge to what the artifact asks for; without them a broker logs nothing.
  kafka: [
    'org.apache.kafka:kafka_2.13:4.1.1',
    'org.apache.kafka:kafka-tools:4.1.1',
    'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3',
    'org.apache.logging.log4j:log4j-1.2-api:2.24.3',
  ],
  presto: ['com.facebook.presto:presto-main:0.296'],
};

function dependency(coordinate: string): string {
  const [group, artifact, version] = coordinate.split(':');
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}

function project(coordinates: readonly string[]): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>lab</groupId><artifactId>lock</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${coordinates.map(dependency).join('')}</dependencies></project>`;
}

/** A line of `dependency:list`: group:artifact:type[:classifier]:version:scope:file, and for a module its name after a blank. */
function lineOf(listed: string): string {
  const [group, artifact, type, ...rest] = listed.trim().split(' ')[0]?.split(':') ?? [];
  const [file, , version, classifier] = rest.toReversed();
  if (type !== 'jar' || file === undefined) throw new Error(`Not a jar: ${listed}`);
  const coordinate = [group, artifact, version, classifier].filter((part) => part !== undefined).join(':');
  return `${coordinate} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
}

async function lock(name: string, roots: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-lock-'));
  try {
    writeFileSync(join(folder, 'pom.xml'), project(roots));
    const list = join(folder, 'list.txt');
    const options = ['-DincludeScope=runtime', '-DoutputAbsoluteArtifactFilename=true', `-DoutputFile=${list}`];
    await run('mvn', ['-q', '-B', `${PLUGIN}:list`, ...options], { cwd: folder });
    const listed = readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':jar:'));
    const lines = listed.map(lineOf).toSorted();
    writeFileSync(join(import.meta.dirname, `${name}.txt`), `# Written by lock.ts from ${roots.join(', ')}\n${lines.join('\n')}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
for (const [name, roots] of Object.entries(ROOTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await lock(name, roots);
}
