// npm run build [-- --production] · npm run watch: the parts are in test/build.
import { buildAll, watchAll } from './test/build/build.ts';
import { currentPlatform } from './test/build/platforms.ts';

const request = {
  root: import.meta.dirname,
  outputFolder: `${import.meta.dirname}/dist`,
  production: process.argv.includes('--production'),
  platform: currentPlatform(),
  progress: (line) => process.stdout.write(`${line}\n`),
};
try {
  await (process.argv.includes('--watch') ? watchAll(request) : buildAll(request));
} catch (error) {
  process.stderr.write(`The build failed.\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
