import { describe, expect, it } from 'vitest';
import { cloudEventOf, cloudEventType } from '../../src/events/cloud-event.js';
import type { EsmsEvent, EventType } from '../../src/index.js';

const RECIPIENT = { kind: 'phone', value: '0901888484' };

const DELIVERED = {
  id: '877bc4ed-64b5-8d9b-bb5b-ec7733a320e1',
  type: 'message.delivered',
  account: 'default',
  subject: 'sms-1',
  sequence: 12,
  time: '2026-11-25T20:17:22.225000Z',
  data: { message: { smsId: 'sms-1', recipient: RECIPIENT }, correction: false },
} as unknown as EsmsEvent<'message.delivered'>;

describe('an event for other systems', () => {
  it('has a CloudEvents 1.0 envelope', () => {
    const { data: _data, ...context } = cloudEventOf(DELIVERED, { includeRecipient: false });
    expect(context).toEqual({
      specversion: '1.0',
      id: DELIVERED.id,
      source: '/nestjs-esms/accounts/default',
      type: 'vn.nestjs-esms.message.delivered.v1',
      subject: 'sms-1',
      time: DELIVERED.time,
      datacontenttype: 'application/json',
      account: 'default',
      sequence: '0000000012',
    });
  });

  it('says who the message went to only where it may', () => {
    const hidden = cloudEventOf(DELIVERED, { includeRecipient: false });
    expect(hidden.data).toEqual({ message: { smsId: 'sms-1' }, correction: false });
    expect(JSON.stringify(hidden)).not.toContain(RECIPIENT.value);
    expect(cloudEventOf(DELIVERED, { includeRecipient: true }).data).toEqual(DELIVERED.data);
  });

  it('leaves out the sequence where there is none', () => {
    const data = { quarantineId: 'q', reason: 'sms_id_absent', receivedAt: DELIVERED.time };
    const quarantined: EsmsEvent = { ...DELIVERED, type: 'receipt.quarantined', sequence: null, data };
    const event = cloudEventOf(quarantined, { includeRecipient: false });
    expect(event).not.toHaveProperty('sequence');
    expect(event.data).toEqual(data);
  });

  it('is version 1 without a number in its name', () => {
    expect(cloudEventType('message.sent')).toBe('vn.nestjs-esms.message.sent.v1');
    expect(cloudEventType('message.sent.v2' as EventType)).toBe('vn.nestjs-esms.message.sent.v2');
  });
});
