import { writeSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule, TestSuite } from 'vitest/node';

/**
 * Prints `N passed, N failed` (and `, N skipped`) as the very last line of a run: for whoever does not read Vitest's
 * own summary. A test file or hook that fails and an error outside of any test count as one failed test each, and a run
 * that ends red never says `0 failed`. Before it stand the errors outside of tests: a log that is cut keeps its end.
 */
export class ClosingLineReporter implements Reporter {
  private passed = 0;
  private failed = 0;
  private skipped = 0;
  private unhandled: readonly string[] = [];

  onInit(): void {
    // Vitest itself still writes after its reporters have ended. The line also comes when the run never begins.
    process.once('exit', (code) =>
      writeSync(process.stdout.fd, `${[...this.unhandled, this.line(code !== 0)].join('\n')}\n`),
    );
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    this.passed = count('passed');
    this.skipped = count('skipped');
    // What never ran to its end, because the run was interrupted, did not pass either.
    this.failed = tests.length - this.passed - this.skipped + unhandledErrors.length;
    this.unhandled = unhandledErrors.map(({ stack, message }) => stack ?? message);
    for (const module of modules) this.failed += errorsOutsideTests(module);
  }

  private line(red: boolean): string {
    const failed = red || this.passed + this.skipped === 0 ? Math.max(1, this.failed) : this.failed;
    return `${this.passed} passed, ${failed} failed${this.skipped ? `, ${this.skipped} skipped` : ''}`;
  }
}

/** Failed to load, or a hook around its tests failed. */
function errorsOutsideTests(module: TestModule): number {
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return suites.reduce((sum, suite) => sum + suite.errors().length, 0);
}
