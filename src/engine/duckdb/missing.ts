/** What a person reads where a package has no embedded engine: the universal one. Here, since the extension holds no engine code. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

/** `unsupported`, with the package to install: test/package sees it in a workbench and a terminal. */
export function engineMissing(cause?: unknown): FaultlineError {
  const platform = `${process.platform}-${process.arch}`;
  return new FaultlineError(
    'unsupported',
    {
      what: t('The embedded engine is not part of this package'),
      meaning: t('This is the universal package of Faultline: it has no DuckDB for {0}, and everything else of it works', platform),
      remedy: t('Install the package for {0} (faultline-{0}.vsix). From source: “npm ci”, then “npm run build”.', platform),
    },
    cause,
  );
}
