import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Module,
  type NestInterceptor,
  SetMetadata,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, NestFactory, Reflector } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { EsmsModule } from 'nestjs-esms';
import { map, type Observable } from 'rxjs';
import { ObservedEvents } from './observed-events.js';
import { tellPort } from './tell-port.js';

const Public = () => SetMetadata('is-public', true);

/** Closed to everybody, but where the host says otherwise. */
@Injectable()
class DenyAllGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride<boolean>('is-public', [context.getHandler(), context.getClass()]) ?? false;
  }
}

@Injectable()
class WrappingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

const OPEN = [Public(), SkipThrottle()];

@Module({
  imports: [
    ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1 }]),
    EsmsModule.forRoot({
      accounts: { default: { tokens: [process.env['ESMS_TOKEN'] ?? ''] } },
      publicUrl: 'https://company.example/api',
      database: { url: process.env['DATABASE_URL'] ?? '' },
      spool: false,
      path: 'receipts',
      callbacks: { decorators: OPEN },
      api: { decorators: OPEN },
    }),
  ],
  providers: [
    ObservedEvents,
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_GUARD, useClass: DenyAllGuard },
    { provide: APP_INTERCEPTOR, useClass: WrappingInterceptor },
  ],
})
class AppModule {}

async function run(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
  await tellPort(app);
}

void run();
