import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvFile } from '../../src/app/env-file.js';
import { readEnvironment } from '../../src/app/environment.js';

const URL_GIVEN = 'postgres://esms:secret@db.example.vn/esms';
const PLAIN = `DATABASE_URL=${URL_GIVEN}\nPORT=4000\n`;
const BOM = '\uFEFF';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-esms-env-'));
  file = join(folder, '.env');
});

afterEach(() => rmSync(folder, { recursive: true }));

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

function problemsOf(content: string | Buffer): string {
  writeFileSync(file, content);
  try {
    readEnvFile(file);
  } catch (error) {
    expect(error).toMatchObject({ name: 'EsmsError', code: 'options_invalid' });
    return (error as Error).message.replaceAll(folder, '');
  }
  throw new Error('was accepted');
}

describe('an .env file', () => {
  it.each<[string, string | Buffer]>([
    ['as it should be', PLAIN],
    ['with a byte order mark', BOM + PLAIN],
    ['with two, as two files put together have', `${BOM}${BOM}DATABASE_URL=${URL_GIVEN}\n${BOM}PORT=4000\n`],
    ['in UTF-16, little-endian', Buffer.from(BOM + PLAIN, 'utf16le')],
    ['in UTF-16, big-endian', utf16be(BOM + PLAIN)],
    ['in UTF-16 with CRLF', Buffer.from(BOM + PLAIN.replaceAll('\n', '\r\n'), 'utf16le')],
    ['with CRLF', PLAIN.replaceAll('\n', '\r\n')],
    ['with CR alone', PLAIN.replaceAll('\n', '\r')],
    ['with LF and CR mixed', `DATABASE_URL=${URL_GIVEN}\r\n\r\rPORT=4000\n\r`],
    ['with a line separator of Unicode', `DATABASE_URL=${URL_GIVEN}\u2028PORT=4000`],
    ['without an end of its last line', PLAIN.trimEnd()],
    ['with export', `export DATABASE_URL=${URL_GIVEN}\nexport   PORT=4000`],
    ['with a mark before export', `${BOM}export DATABASE_URL=${URL_GIVEN}\nexport\tPORT=4000`],
    ['with quotes', `DATABASE_URL="${URL_GIVEN}"\nPORT='4000'`],
    ['with quotes and what follows them', `DATABASE_URL= "${URL_GIVEN}" # ours\r\nPORT=\`4000\`  `],
    ['with spaces', `  DATABASE_URL = ${URL_GIVEN}  \n\tPORT\t=\t4000\t`],
    ['with spaces that do not break', `\u00A0DATABASE_URL\u00A0=\u00A0${URL_GIVEN}\u00A0\nPORT=4000`],
    [
      'with what cannot be seen around names and values',
      `\u200BDATABASE_URL=\u200B${URL_GIVEN}\u200B\n\u2060PORT\u200D=4000`,
    ],
    ['with comments', `# of the shop=1\n#PORT=1\nDATABASE_URL=${URL_GIVEN} # ours\nPORT=4000\t#x`],
    [
      'with a comment in another encoding',
      Buffer.concat([Buffer.from('# c\u00f4ng ty\n', 'latin1'), Buffer.from(PLAIN)]),
    ],
    ['with the same twice', `${PLAIN}${PLAIN}`],
    ['with an empty one filled in later', `PORT=\n${PLAIN}`],
  ])('is read %s', (_how, content) => {
    writeFileSync(file, content);
    expect(Object.fromEntries(readEnvFile(file))).toEqual({ DATABASE_URL: URL_GIVEN, PORT: '4000' });
  });

  it.each<[string, string | Buffer, string]>([
    ['UTF-16 without a mark', Buffer.from(PLAIN, 'utf16le'), '/.env, line 1: a NUL in it'],
    [
      'UTF-16 that a shell has added',
      Buffer.concat([Buffer.from(PLAIN), Buffer.from('API_KEYS=secret-key-of-mine\r\n', 'utf16le')]),
      '/.env, line 3: a NUL in it',
    ],
    [
      'bytes that are not UTF-8',
      Buffer.from(`PORT=1\nDATA_DIR=/d\u00f4ng/secret`, 'latin1'),
      '/.env, line 2: DATA_DIR has bytes',
    ],
    ['a NUL', 'PORT=40\u000000\n', '/.env, line 1: a NUL in it'],
    ['a line that sets nothing', `# a\r\nDATABASE_URL ${URL_GIVEN}`, '/.env, line 2: NAME=value is expected'],
    ['a colon in place of the =', `DATABASE_URL: ${URL_GIVEN}`, '/.env, line 1: NAME=value is expected'],
    ['a bare export', 'export PORT', '/.env, line 1: NAME=value is expected'],
    ['a command of another shell', `$env:DATABASE_URL = "${URL_GIVEN}"`, '/.env, line 1: what is before the ='],
    ['set', `set DATABASE_URL=${URL_GIVEN}`, '/.env, line 1: what is before the ='],
    ['a name with something unseen in it', `DATA\u200BBASE_URL=${URL_GIVEN}`, '/.env, line 1: what is before the ='],
    [
      'a value with something unseen in it',
      `DATABASE_URL=postgres://esms:sec\u200Bret@db/x`,
      '/.env, line 1: DATABASE_URL has a character',
    ],
    ['a value with a control character', `PORT=4\u001b0`, '/.env, line 1: PORT has a character'],
    ['typographic quotes', `\nDATABASE_URL=“${URL_GIVEN}”`, '/.env, line 2: DATABASE_URL has typographic quotes'],
    ['one typographic quote', `DATABASE_URL=${URL_GIVEN}’`, '/.env, line 1: DATABASE_URL has typographic quotes'],
    [
      'a quote without an end',
      `PORT=4000\nDATABASE_URL="${URL_GIVEN}\n`,
      '/.env, line 2: DATABASE_URL has a quote that does not end',
    ],
    [
      'a quote that takes in the next line',
      `DATABASE_URL="${URL_GIVEN}\nPORT=4000"`,
      '/.env, line 1: DATABASE_URL has a quote that does not end',
    ],
    [
      'a quote that the next one ends',
      `DATABASE_URL="${URL_GIVEN}\nDATA_DIR="secret"`,
      '/.env, line 1: DATABASE_URL goes on',
    ],
    ['a quote without a beginning', `DATABASE_URL=${URL_GIVEN}"`, '/.env, line 1: DATABASE_URL has a quote'],
    ['something after the quotes', `API_KEYS="secret-1" secret-2`, '/.env, line 1: API_KEYS goes on after'],
    ['a # in a value', 'API_KEYS=secret-1#secret-2', '/.env, line 1: API_KEYS has a # in it'],
    ['a # before a value', 'API_KEYS=#secret', '/.env, line 1: API_KEYS has a # in it'],
    ['two values for one name', `PORT=1\n${PLAIN}`, '/.env, line 3: PORT is given on line 1 already'],
  ])('with %s stops the start, by file and line, without the value', (_what, content, problem) => {
    const text = problemsOf(content);
    expect(text).toContain(problem);
    expect(text).not.toMatch(/secret|sec\u200Bret/);
  });

  it('names every line that is wrong', () => {
    expect(problemsOf('PORT 1\nDATA_DIR=x\nHOST=“y”\nexport Z').match(/line \d/g)).toEqual([
      'line 1',
      'line 3',
      'line 4',
    ]);
  });

  it('may have values of several lines for others', () => {
    writeFileSync(file, `KEY="-----BEGIN-----\r\nabc=\r\nabcd==\r\n-----END-----"\r\nESCAPED="a\\nb"\nPORT='\\n'`);
    expect(Object.fromEntries(readEnvFile(file))).toEqual({
      KEY: '-----BEGIN-----\nabc=\nabcd==\n-----END-----',
      ESCAPED: 'a\nb',
      PORT: '\\n',
    });
  });

  it('need not be there; where something is that cannot be read, the start stops', () => {
    expect(readEnvFile(file).size).toBe(0);
    expect(readEnvFile(join(folder, 'away', '.env')).size).toBe(0);
    symlinkSync(join(folder, 'nowhere'), file);
    expect(() => readEnvFile(file)).toThrow(`${file}: cannot be read (ENOENT)`);
    rmSync(file);
    mkdirSync(file);
    expect(() => readEnvFile(file)).toThrow(`${file}: cannot be read (EISDIR)`);
    rmSync(file, { recursive: true });
    writeFileSync(`${file}.txt`, PLAIN);
    expect(() => readEnvFile(file)).toThrow(`${file}.txt: is not read; rename it to ${file}`);
    writeFileSync(file, PLAIN);
    expect(readEnvFile(file).size).toBe(2);
  });
});

describe('a variable whose name is nearly one of ours', () => {
  it.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['DATABASE_URLS', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['Database-Url', 'DATABASE_URL'],
    ['CALLBACK_TOKEN', 'CALLBACK_TOKENS'],
    ['API_KEY', 'API_KEYS'],
    ['port', 'PORT'],
  ])('is warned of: %s', (name, meant) => {
    const { warnings } = readEnvironment({ [name]: 'something' });
    expect(warnings).toEqual([`${name}: not read; ${meant} is what is known here`]);
  });

  it('is not warned of where ours is given, where it is empty, or where it may well be somebody else’s', () => {
    const others = {
      PORTS: '1',
      POST: '1',
      HOSTS: 'x',
      PATH: '/bin',
      TEST_DATABASE_URL: 'x',
      DATABASE: 'x',
      NATS: 'x',
    };
    expect(readEnvironment({ PORT: '1', port: '2', DATABSE_URL: '', ...others }).warnings).toEqual([]);
  });

  it('is named where the start stops', () => {
    expect(() => readEnvironment({ NODE_ENV: ' Production ', DATABSE_URL: 'postgres://x' })).toThrow(
      /^DATABASE_URL: needed in production[^]*DATABSE_URL: not read; DATABASE_URL is/,
    );
  });
});
