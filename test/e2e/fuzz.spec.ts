import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../chaos/random.js';
import { hostileQuery } from '../support/hostile-query.js';
import { Service, TOKENS } from '../support/service.js';

/** `npm run fuzz` sends a million. */
const QUERIES = Number(process.env['FUZZ_QUERIES'] ?? 3_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const MESSAGES = Math.ceil(QUERIES / 15);
const AT_ONCE = 64;
const TIME_LIMIT_MS = 180_000 + QUERIES * 5;

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

it(
  `keeps or quarantines every one of ${QUERIES} hostile queries, and answers each 200`,
  async () => {
    const random = new Random(SEED);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const answers = new Map<string, number>();
    let left = QUERIES;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (left > 0) {
          left -= 1;
          const answer = await callback(agent, hostileQuery(random, MESSAGES));
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      }),
    );
    agent.destroy();

    expect([...answers.keys()].filter((answer) => !/^200 (OK|QUARANTINED sms_id_\w+)$/.test(answer))).toEqual([]);
    const ok = answers.get('200 OK') ?? 0;
    expect(await service.rows('select sum(repeats + 1)::int as kept from esms.receipts')).toEqual([{ kept: ok }]);
    expect(await service.rows('select sum(repeats + 1)::int as kept from esms.quarantine')).toEqual([
      { kept: QUERIES - ok },
    ]);
    await service.settled();
    expect(
      await service.rows(`
        select count(*)::int as wrong
        from (select sms_id, sum(delta) as posted from esms.ledger group by sms_id) as ledger
        full join esms.messages m using (sms_id) where coalesce(posted, 0) <> coalesce(m.price, 0)`),
    ).toEqual([{ wrong: 0 }]);
  },
  TIME_LIMIT_MS,
);

function callback(agent: Agent, query: string): Promise<string> {
  const path = `/callbacks/esms/${TOKENS.default}?${query}`;
  return new Promise((resolve) => {
    const sent = request({ agent, port: service.port, host: '127.0.0.1', path }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
    });
    sent.on('error', (error) => resolve(error.message));
    sent.end();
  });
}
