/** The platforms that get a package of their own, under the names that everybody else gives them. */
export interface Platform {
  /** VS Code's, npm's and Node's (`process.platform-process.arch`) name. */
  readonly id: string;
  /** DuckDB's name: the folder in which it looks for extension files. */
  readonly duckdb: string;
  /** The wheel's platform tag. */
  readonly wheel: string;
}

export const platforms: readonly Platform[] = [
  { id: 'linux-x64', duckdb: 'linux_amd64', wheel: 'manylinux2014_x86_64' },
  { id: 'linux-arm64', duckdb: 'linux_arm64', wheel: 'manylinux2014_aarch64' },
  { id: 'darwin-arm64', duckdb: 'osx_arm64', wheel: 'macosx_11_0_arm64' },
  { id: 'darwin-x64', duckdb: 'osx_amd64', wheel: 'macosx_11_0_x86_64' },
  { id: 'win32-x64', duckdb: 'windows_amd64', wheel: 'win_amd64' },
];

/** This machine's, if it is one of ours. */
export function currentPlatform(): Platform | undefined {
  return platforms.find((platform) => platform.id === `${process.platform}-${process.arch}`);
}
