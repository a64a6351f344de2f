import { expect, inject, it, onTestFinished } from 'vitest';
import { SEED_SAMPLES } from '../support/samples.js';
import { createBareDatabase } from '../support/test-database.js';
import { StrangeHost } from './strange-host.js';

it("a Nest 11 application's own test passes under the Jest that its CLI set up", async () => {
  const database = await createBareDatabase();
  onTestFinished(() => database.drop());
  const host = await StrangeHost.install('nest-11-jest', inject('tarball'), database.url);
  onTestFinished(() => host.remove());
  expect(host.installation.code, host.installation.output).toBe(0);
  expect(host.installation.output).not.toMatch(/ERESOLVE|nestjs-esms|peer/);
  const tree = await host.run('npm', 'ls', '--all');
  expect(tree.code, tree.output).toBe(0);

  const { output } = await host.run('npx', 'tsc', '--noEmit');
  expect(output.split('\n').filter((line) => /^src\/|nestjs-esms/.test(line))).toEqual([]);

  host.write('callbacks.json', JSON.stringify(SEED_SAMPLES.map(({ query }) => query)));
  const tested = await host.run('npx', 'jest');
  expect(tested.code, tested.output).toBe(0);
  expect(tested.output).not.toMatch(/did not exit|open handle|force exited/);
});
