import type { TestProject } from 'vitest/node';
import startServer from '../support/global-setup.js';
import { packed } from './packed.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the packed package. */
    tarball: string;
  }
}

/** The server of the tests, and one tarball a run. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const { tarball, remove } = await packed();
  project.provide('tarball', tarball);
  const stopServer = await startServer(project);
  return async () => {
    remove();
    await stopServer();
  };
}
