import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthController } from '../ops/health.controller.js';
import { Refusal } from './answers.js';
import { describeRoute } from './describe-route.js';
import { Health } from './health.schema.js';

/** Describes the routes that load balancers ask. */
export function describeHealth(): void {
  ApiTags('health')(HealthController);
  describeRoute(HealthController, 'live', [
    ApiOperation({
      operationId: 'isLive',
      summary: 'Whether the process lives',
      description: 'Never asks the database.',
      security: [],
    }),
    ApiResponse({ status: 200, description: 'It lives.', type: Health }),
  ]);
  describeRoute(HealthController, 'ready', [
    ApiOperation({
      operationId: 'isReady',
      summary: 'Whether callbacks can be accepted',
      description:
        'Whether the next one would be stored: the database takes writes, or the spool does; both are tried.',
      security: [],
    }),
    ApiResponse({ status: 200, description: 'They can.', type: Health }),
    Refusal(503, 'They cannot, now.'),
  ]);
}
