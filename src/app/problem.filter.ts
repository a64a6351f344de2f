import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { STATUS_CODES } from 'node:http';
import { PROBLEM } from './problem.js';

/** Paths hold tokens and SMSIDs, so Nest's own "Cannot GET /path" is never repeated. */
const ECHOES_PATH = /^Cannot [A-Z]+ /;

/** Answers every error as `application/problem+json` (RFC 9457), and says nothing of what went wrong inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('Http');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const status = statusOf(error);
    // 503 is a condition: whoever found it has told of it once, and a probe may ask every second.
    if (status >= 500 && status !== 503)
      this.#logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    httpAdapter.setHeader(response, 'content-type', PROBLEM);
    const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, ...detailOf(error, status) };
    httpAdapter.reply(response, JSON.stringify(problem), status);
  }
}

/** Fastify's own errors (bad JSON, body too large) are no HttpExceptions, but say their status. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : 500;
}

function detailOf(error: unknown, status: number): { detail?: string; errors?: string[] } {
  if (status >= 500 && status !== 503) return {};
  const answer = error instanceof HttpException ? error.getResponse() : (error as Error).message;
  const message: unknown = typeof answer === 'object' ? (answer as { message?: unknown }).message : answer;
  if (Array.isArray(message)) return { detail: message.join('; '), errors: message.map(String) };
  const detail = String(message);
  return ECHOES_PATH.test(detail) || detail === STATUS_CODES[status] ? {} : { detail };
}
