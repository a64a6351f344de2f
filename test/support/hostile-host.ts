import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, HttpAdapterHost, Reflector } from '@nestjs/core';
import { map, type Observable, throwError } from 'rxjs';

/** The host's own way past its guard. */
export const Public = (): ClassDecorator & MethodDecorator => SetMetadata('host:public', true);

/** The host's own way past its throttler. */
export const SkipThrottle = (): ClassDecorator & MethodDecorator => SetMetadata('host:skip-throttle', true);

interface HostRequest {
  headers: Record<string, string | undefined>;
  url: string;
}

const CALLBACK = /\/callbacks\/esms\//;

const requestOf = (context: ExecutionContext): HostRequest => context.switchToHttp().getRequest<HostRequest>();

/** Lets nobody in but by {@link Public}, or by a session. */
@Injectable()
export class DenyAllGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>('host:public', targets)) return true;
    if (requestOf(context).headers['x-session'] !== undefined) return true;
    throw new UnauthorizedException('log in first');
  }
}

/** Lets one request through, then none. */
@Injectable()
export class ThrottlerGuard implements CanActivate {
  #seen = 0;

  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>('host:skip-throttle', targets)) return true;
    if (requestOf(context).headers['x-session'] !== undefined) return true;
    this.#seen += 1;
    if (this.#seen > 1) throw new HttpException('too many requests', 429);
    return true;
  }
}

/** What of the host was run for a callback; none of it may be. */
export const TOUCHED: string[] = [];

/** Puts every answer in an envelope, and breaks on a callback. */
@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (CALLBACK.test(requestOf(context).url)) {
      TOUCHED.push('interceptor');
      return throwError(() => new Error('the envelope is torn'));
    }
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Notes what it is given. */
@Injectable()
class NotingPipe implements PipeTransform {
  transform(value: unknown): unknown {
    if (CALLBACK.test(JSON.stringify(value) ?? '')) TOUCHED.push('pipe');
    return value;
  }
}

/** The host's own shape of an error. */
@Catch()
class HostFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const message = error instanceof HttpException ? error.message : 'internal';
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), { failure: { status, message } }, status);
  }
}

/** Whom the host lets read. */
@Injectable()
export class StaffList {
  readonly names: readonly string[] = ['lan'];
}

/** Has what {@link StaffGuard} needs. */
@Module({ providers: [StaffList], exports: [StaffList] })
export class StaffModule {}

/** The guard of the read API; it needs a provider of the host's. */
@Injectable()
export class StaffGuard implements CanActivate {
  constructor(private readonly staff: StaffList) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.staff.names.includes(requestOf(context).headers['x-session'] ?? '')) return true;
    throw new ForbiddenException('staff only');
  }
}

/** All that hosts have been seen to put around every route. */
export const AROUND_EVERYTHING = [
  { provide: APP_GUARD, useClass: DenyAllGuard },
  { provide: APP_GUARD, useClass: ThrottlerGuard },
  { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
  { provide: APP_PIPE, useClass: NotingPipe },
  { provide: APP_FILTER, useClass: HostFilter },
];
