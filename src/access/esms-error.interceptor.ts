import {
  BadRequestException,
  type CallHandler,
  ConflictException,
  type ExecutionContext,
  type HttpException,
  Injectable,
  type NestInterceptor,
  ServiceUnavailableException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { EsmsError, type EsmsErrorCode } from '../domain/errors.js';

/** What each refusal of ours is over HTTP; one that is not here is a fault of ours. */
const EXCEPTIONS: Partial<Record<EsmsErrorCode, new (message: string) => HttpException>> = {
  registration_invalid: BadRequestException,
  registration_conflict: ConflictException,
  message_unkeepable: UnprocessableEntityException,
  quarantine_replayed: ConflictException,
  cursor_invalid: BadRequestException,
  database_away: ServiceUnavailableException,
};

/** The HTTP exception of an error of ours; any other error as it is. */
export function httpErrorOf(error: unknown): unknown {
  const exception = error instanceof EsmsError ? EXCEPTIONS[error.code] : undefined;
  return exception === undefined ? error : new exception((error as Error).message);
}

/** Turns our errors into Nest's own exceptions, so that the host's filter shapes them. */
@Injectable()
export class EsmsErrorInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => httpErrorOf(error))));
  }
}
