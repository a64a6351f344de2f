import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

/** What anybody can import. */
const ENTRIES = ['index', 'openapi', 'testing'];
const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Compares what each entry of the built package exports with its report here, and fails where one changed: `--local`
 * writes the reports anew, and the diff is what a reviewer sees of a change of the public API.
 */
function reportIsSame(entry: string, isLocal: boolean): boolean {
  const extractorConfig = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, 'package.json'),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: join(ROOT, `dist/${entry}.d.ts`),
      compiler: { tsconfigFilePath: join(ROOT, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${entry}.api.md`,
        reportFolder: import.meta.dirname,
        reportTempFolder: join(ROOT, 'dist/.api'),
      },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error, addToApiReportFile: true },
          // Everything here is public.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          // What each field is, its type says.
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  return Extractor.invoke(extractorConfig, { localBuild: isLocal, printApiReportDiff: true }).succeeded;
}

const isLocal = process.argv.includes('--local');
const same = ENTRIES.map((entry) => reportIsSame(entry, isLocal));
if (same.includes(false)) process.exitCode = 1;
