/** Every way a message can take, and `unrecognised` for a gateway type we do not know: an open set on the wire. */
export const CHANNELS = [
  'sms_advertising',
  'sms_care',
  'sms_fixed',
  'viber',
  'zalo_zns',
  'zalo_oa',
  'zalo_journey',
  'unrecognised',
] as const;

/** See {@link CHANNELS}. */
export type Channel = (typeof CHANNELS)[number];

/** The gateway's TypeId values that name a channel (facts §2; 26 and 27 come in samples only, 8 is inferred). */
const CHANNEL_OF_TYPE: ReadonlyMap<string, Channel> = new Map([
  ['1', 'sms_advertising'],
  ['2', 'sms_care'],
  ['8', 'sms_fixed'],
  ['23', 'viber'],
  ['24', 'zalo_zns'],
  ['25', 'zalo_zns'],
  ['26', 'zalo_oa'],
  ['27', 'zalo_journey'],
]);

/** The channel that a gateway type means; `unrecognised` for any other. */
export function channelOfType(typeId: string | null): Channel {
  return (typeId === null ? undefined : CHANNEL_OF_TYPE.get(typeId)) ?? 'unrecognised';
}
