import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { runService } from '../../src/app/run-service.js';
import { Dispatcher } from '../../src/events/dispatcher.js';
import { type FaultPoint, onFaultPoint } from '../../src/telemetry/fault-point.js';
import { plant, type PlantName } from './plants.js';
import { recordFlushes } from './power-loss.js';

/** Where a process ends itself, and at which passing. */
export interface CrashPlan {
  point: FaultPoint;
  passing: number;
  /** A file that gets the point's name when it is hit. */
  marks: string;
}

/** What the process is told in the variable `CHAOS`. */
export interface ReplicaOrders {
  /** How long a dead process's deliveries wait for another: the service's own half minute makes a run long. */
  leaseMs: number;
  plant: PlantName | null;
  crash: CrashPlan | null;
}

/** The service as it is built, run as `npm start` runs it, but for what the orders say. */
async function obey({ leaseMs, plant: name, crash }: ReplicaOrders): Promise<void> {
  await recordFlushes(process.env['DATA_DIR'] ?? '');
  const start = Dispatcher.prototype.onApplicationBootstrap;
  Dispatcher.prototype.onApplicationBootstrap = function (this: Dispatcher) {
    const { dispatcher } = Reflect.get(this, 'structure') as { dispatcher: { leaseMs: number } };
    dispatcher.leaseMs = leaseMs;
    start.call(this);
  };
  if (name !== null) await plant(name);
  if (crash !== null) crashAt(crash);
}

function crashAt({ point, passing, marks }: CrashPlan): void {
  let passed = 0;
  onFaultPoint((reached) => {
    if (reached !== point) return;
    passed += 1;
    if (passed !== passing) return;
    appendFileSync(marks, `${point}\n`);
    process.kill(process.pid, 'SIGKILL');
  });
}

await obey(JSON.parse(process.env['CHAOS'] ?? '') as ReplicaOrders);
void runService();
