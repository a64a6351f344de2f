import {
  BadRequestException,
  type CallHandler,
  ConflictException,
  type ExecutionContext,
  type HttpException,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  ServiceUnavailableException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { EsmsError, type EsmsErrorCode } from '../domain/errors.js';

/** What each refusal of ours is over HTTP; one that is not here is a fault of ours. */
const EXCEPTIONS: Partial<Record<EsmsErrorCode, new (message: string | string[]) => HttpException>> = {
  arguments_invalid: BadRequestException,
  account_unknown: NotFoundException,
  registration_invalid: BadRequestException,
  registration_conflict: ConflictException,
  message_unkeepable: UnprocessableEntityException,
  quarantine_replayed: ConflictException,
  cursor_invalid: BadRequestException,
  subscriber_unknown: NotFoundException,
  subscriber_hosted: ConflictException,
  webhook_unknown: NotFoundException,
  webhook_url_refused: UnprocessableEntityException,
  event_unknown: NotFoundException,
  database_away: ServiceUnavailableException,
};

/** The HTTP exception of an error of ours; any other error as it is. */
export function httpErrorOf(error: unknown): unknown {
  if (error instanceof EsmsError) {
    const exception = EXCEPTIONS[error.code];
    if (exception !== undefined) return new exception(error.problems.length > 0 ? [...error.problems] : error.message);
  }
  return error;
}

/** Turns our errors into Nest's own exceptions, so that the host's filter shapes them. */
@Injectable()
export class EsmsErrorInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => httpErrorOf(error))));
  }
}
