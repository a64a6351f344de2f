import { callbackQuery, counted } from './callback-query.js';

/** The lives of messages: what the gateway calls about each, in its order. */
export function lifeQueries(prefix: string, messages: number): string[][] {
  return Array.from({ length: messages }, (_, index) => LIVES[index % LIVES.length]?.(`${prefix}-${index}`) ?? []);
}

const LIVES: ((smsId: string) => string[])[] = [
  (smsId) => [callbackQuery(smsId)],
  (smsId) => [callbackQuery(smsId, { SendStatus: '7', SendSuccess: '0', TotalPrice: '0' }), callbackQuery(smsId)],
  (smsId) => [callbackQuery(smsId, counted(0, 1, 1)), callbackQuery(smsId, counted(0, 1, 1))],
  (smsId) => [
    callbackQuery(smsId, { ...counted(0, 0, 169), TotalPrice: '696987' }),
    callbackQuery(smsId, { ...counted(160, 9, 169), TotalPrice: '650000.5' }),
  ],
  (smsId) => [callbackQuery(smsId, { SendStatus: '4', SendSuccess: '0', SendFailed: '1', TotalPrice: '0.0000' })],
  (smsId) => [
    callbackQuery(smsId, { TypeId: '24', SendStatus: '5', TotalPrice: '-1' }),
    callbackQuery(smsId, { TypeId: '24' }),
  ],
  (smsId) => [callbackQuery('', { note: smsId })],
];
