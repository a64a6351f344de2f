import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: LogLevel[] = ['log', 'warn', 'error', 'fatal'];

/** Parts of Nest that tell every module and every route at each start: some 90 lines that nobody asked for. */
const CHATTY: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** The service's log: text for a developer, in production JSON lines with ISO times. Nest's own start is left out. */
export class ServiceLogger extends ConsoleLogger {
  constructor(production: boolean) {
    super({ json: production, colors: !production && isColourful(), prefix: 'nestjs-esms', logLevels: LEVELS });
  }

  override log(message: unknown, ...more: unknown[]): void {
    if (!CHATTY.has(more.at(-1))) super.log(message, ...more);
  }

  /** What Nest says of a server that does not listen, it throws as well. */
  override error(message: unknown, ...more: unknown[]): void {
    if (more.at(-1) !== 'NestApplication') super.error(message, ...more);
  }

  /** Nest's type asks for a number; log collectors ask for ISO 8601. */
  protected override getJsonLogObject(
    ...given: Parameters<ConsoleLogger['getJsonLogObject']>
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    return Object.assign(super.getJsonLogObject(...given), { timestamp: new Date().toISOString() as never });
  }

  protected override getTimestamp(): string {
    return new Date().toISOString();
  }
}

/** Only a terminal has the method, whatever the types say. */
const isColourful = (): boolean => process.stdout.hasColors?.() ?? false;
