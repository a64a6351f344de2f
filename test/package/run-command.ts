import { spawn } from 'node:child_process';

/** What a command came to. */
export interface CommandResult {
  code: number | null;
  /** Of both streams, in the order of its coming. */
  output: string;
}

/** Runs a program to its end, without the settings that an npm script around this test has. */
export function runCommand(
  directory: string,
  [program = '', ...rest]: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const env = { ...withoutScriptSettings(process.env), ...environment };
    const child = spawn(program, rest, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** npm tells its scripts of the package they belong to, Vitest its workers that they are tests: neither is the host's. */
export function withoutScriptSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|execpath|config_local_prefix)|NODE_|VITEST|TEST$)/.test(name),
  );
  return Object.fromEntries(kept);
}
