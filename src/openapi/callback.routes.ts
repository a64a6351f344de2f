import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CallbackController } from '../callbacks/callback.controller.js';
import type { CallbackDto } from '../callbacks/callback.dto.js';
import { Refusal } from './answers.js';
import { describeRoute } from './describe-route.js';

/** The gateway's own sample of a failed Zalo message, byte for byte. */
const SAMPLE =
  'SMSID=f66545d2-c7e2-4603-984e-d2238c363c8292&SendFailed=1&SendStatus=5&SendSuccess=0&TotalPrice=0.0000' +
  '&TotalReceiver=1&TotalSent=0&RequestId=&TypeId=25&telcoid=2&phonenumber=0901888484&partnerids=' +
  '&error_info=%22{%5C%22error%5C%22%3A-114%2C%5C%22message%5C%22%3A%5C%22User%20is%20inactive%2C%20or%20reject%20' +
  'the%20message%2C%20or%20using%20an%20outdated%20Zalo%20version%2C%20or%20other%20internal%20errors%5C%22}%22' +
  '&oaid=1397492183140006179&tempid=2056446';

/** What the gateway says of each parameter, and what its samples show besides. */
const MEANINGS: Readonly<Record<keyof CallbackDto, string>> = {
  SMSID: 'The id of the message.',
  SendStatus:
    '1 waits for approval, 2 waits to be sent (0 and 3 count as waiting too), 4 refused, 5 finished sending, 7 sent and ' +
    'awaiting the report. Any other decides no state.',
  SendSuccess: 'How many got it.',
  SendFailed: 'How many did not.',
  TotalReceiver: 'How many recipients.',
  TotalSent: 'How many were sent.',
  TotalPrice: 'What the message costs in all, in VND; `Totalprice` is the same.',
  TypeId:
    '1 advertising, 2 customer care, 8 fixed number or voice OTP, 23 Viber, 24 and 25 Zalo ZNS, 26 Zalo OA, 27 Zalo journey.',
  RequestId: 'The RequestId it was sent with; empty in every sample.',
  telcoid: '1 Viettel, 2 Mobifone, 3 Vinaphone, 4 Vietnamobile, 5 Gtel, 6 Itel, 7 Reddi. Unknown ones are kept.',
  phonenumber: 'The recipient: a phone, or a Zalo user id, which is cut to 15 characters for some types.',
  switchsmsid: 'Not explained by the gateway; kept.',
  partnerids: 'The id of the message at Zalo.',
  error_info:
    'The answer of Zalo: JSON under up to three layers of encoding, also on success. `error_infor` is the same.',
  oaid: 'The Zalo Official Account.',
  tempid: 'The Zalo template.',
};

/** Describes the route that the gateway calls. */
export function describeCallback(): void {
  ApiTags('callbacks')(CallbackController);
  const samples = new URLSearchParams(SAMPLE);
  describeRoute(CallbackController, 'receive', [
    ApiOperation({
      operationId: 'receiveCallback',
      summary: 'Where eSMS calls',
      description:
        'Give this address to the gateway as CallbackUrl. With a good token it is answered 200 whatever the parameters ' +
        'are, once the callback is stored, for the gateway repeats a call only when it times out; one that cannot be ' +
        'stored is left without an answer. Names are read in any case; unknown parameters are kept; one that ' +
        'cannot be read counts as absent and is named in `anomalies`. ' +
        `A sample of the gateway:\n\n\`\`\`\n/callbacks/esms/{token}?${SAMPLE}\n\`\`\``,
      security: [],
    }),
    ApiParam({ name: 'token', description: 'A callback token of the account.', schema: { type: 'string' } }),
    ...Object.entries(MEANINGS).map(([name, description]) =>
      ApiQuery({
        name,
        description,
        required: name === 'SMSID',
        schema: { type: 'string', ...exampleOf(samples.get(name)) },
      }),
    ),
    ApiResponse({
      status: 200,
      description: 'Stored: `OK`, or `QUARANTINED` and why where it names no message it could be kept under.',
      content: {
        'text/plain': {
          schema: { type: 'string' },
          examples: { kept: { value: 'OK' }, quarantined: { value: 'QUARANTINED sms_id_absent' } },
        },
      },
    }),
    Refusal(404, 'The token is not known.'),
  ]);
}

const exampleOf = (value: string | null): { example?: string } => (value ? { example: value } : {});
