import { Spool } from '../../src/spool/spool.js';

const [directory = '', ...texts] = process.argv.slice(2);

/** Spools some texts and stays, with its segment open, until it is killed. */
const spool = new Spool({ directory, maxBytes: 2 ** 20, durability: 'disk' });
await spool.open();
for (const text of texts) await spool.append(Buffer.from(text));
// Listening keeps it alive.
process.on('message', () => undefined);
process.send?.('spooled');
