import { createHash } from 'node:crypto';
import { channelOfType } from '../../src/domain/channel.js';
import { type Instant, instantOf, microsecondsOf } from '../../src/domain/clock.js';
import type { Failure } from '../../src/domain/failure.js';
import type { Report } from '../../src/domain/report.js';
import { type ReportedStatus, standingOf } from '../../src/domain/standing.js';

/** What a test says of a report: the gateway's status and counters, and whatever else matters to it. */
export interface ReportParts
  extends Partial<ReportedStatus>,
    Partial<Omit<Report, keyof ReportedStatus | 'standing'>> {}

const START = microsecondsOf('2026-11-25T19:05:40.123456Z');

/** A moment of the tests: whole seconds after a fixed one. */
export function at(seconds: number): Instant {
  return instantOf(START + seconds * 1_000_000);
}

/**
 * A report as a decoder would make it; left alone, a care SMS that one person got. Its digest is that of what is said
 * here, so that the same content is the same report, whenever it comes.
 */
export function makeReport(parts: ReportParts = {}): Report {
  const { sendStatus = 5, succeeded = 1, failed = 0, receivers = 1, sent = null, countersUnreadable = false } = parts;
  const { receivedAt = at(0), firstReceivedAt = receivedAt, source = 'callback', typeId = '2' } = parts;
  const status: ReportedStatus = { sendStatus, succeeded, failed, receivers, sent, countersUnreadable };
  return {
    account: 'default',
    smsId: 'sms-1',
    channel: channelOfType(typeId),
    price: null,
    telcoId: null,
    recipient: null,
    requestId: null,
    oaId: null,
    templateId: null,
    partnerId: null,
    switchSmsId: null,
    error: null,
    proof: null,
    anomalies: [],
    ...withoutStatus(parts),
    digest: parts.digest ?? digestOf(parts),
    source,
    typeId,
    sendStatus: sendStatus === null ? null : String(sendStatus),
    standing: standingOf(status),
    receivers,
    sent,
    receivedAt,
    firstReceivedAt,
  };
}

/** The same report, come at another time. */
export function arrivedAt(time: Instant, report: Report): Report {
  return { ...report, receivedAt: time, firstReceivedAt: time };
}

/** A failure with this code; two with the same code are the same. */
export function failure(code: string): Failure {
  return { code, message: null, reason: 'recipient_inactive', failureClass: 'recipient' };
}

function withoutStatus({ succeeded, failed, countersUnreadable, ...others }: ReportParts) {
  return others;
}

function digestOf({ receivedAt: _, firstReceivedAt: __, ...content }: ReportParts): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
