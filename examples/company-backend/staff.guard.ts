import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';

/** Whatever the company knows its staff by. */
@Injectable()
export class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    const key = process.env['STAFF_KEY'];
    return key !== undefined && headers['x-staff-key'] === key;
  }
}
