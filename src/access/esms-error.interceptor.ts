import {
  BadRequestException,
  type CallHandler,
  ConflictException,
  type ExecutionContext,
  GoneException,
  HttpException,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  ServiceUnavailableException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { EsmsError, type EsmsErrorCode } from '../domain/errors.js';

/** Nest has none of its own. */
class TooManyRequestsException extends HttpException {
  constructor(message: string | string[]) {
    super(HttpException.createBody(message, 'Too Many Requests', 429), 429);
  }
}

/** What each refusal of ours is over HTTP; one that is not here is a fault of ours. */
const EXCEPTIONS: Partial<Record<EsmsErrorCode, new (message: string | string[]) => HttpException>> = {
  arguments_invalid: BadRequestException,
  account_unknown: NotFoundException,
  registration_invalid: BadRequestException,
  registration_conflict: ConflictException,
  message_unkeepable: UnprocessableEntityException,
  quarantine_replayed: ConflictException,
  cursor_invalid: BadRequestException,
  cursor_gone: GoneException,
  subscriber_unknown: NotFoundException,
  subscriber_hosted: ConflictException,
  subscriber_unhosted: ConflictException,
  webhook_unknown: NotFoundException,
  webhook_url_refused: UnprocessableEntityException,
  event_unknown: NotFoundException,
  limit_reached: ConflictException,
  rate_limited: TooManyRequestsException,
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

/** A response of either adapter. */
interface AnyResponse {
  header(name: string, value: string): unknown;
}

/** Turns our errors into Nest's own exceptions, so that the host's filter shapes them; `retry-after` is set beside. */
@Injectable()
export class EsmsErrorInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        const { retryAfterSeconds = null } = error as Partial<EsmsError>;
        const response = context.switchToHttp().getResponse<AnyResponse>();
        if (retryAfterSeconds !== null) response.header('retry-after', String(retryAfterSeconds));
        return throwError(() => httpErrorOf(error));
      }),
    );
  }
}
