/** Where Faultline keeps data sets, history and runs: one place for editor and terminal. */
import { homedir, platform } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `FAULTLINE_HOME`, else the data folder that the platform prescribes (XDG on Linux). */
export function faultlineHome(env: Environment = process.env): string {
  const own = env['FAULTLINE_HOME'];
  if (own) return own;
  if (platform() === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'faultline');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'faultline');
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'faultline');
}
