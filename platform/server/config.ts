import { z } from 'zod'

/** The roles a process can take; `npm start` takes them all. */
export const processRoles = ['edge', 'collect', 'api', 'work'] as const
export type ProcessRole = (typeof processRoles)[number]

/** A value that hid in the environment and may be wrong; the command ends with exit code 2 and this message. */
export class ConfigError extends Error {}

const url = (schemes: readonly string[]) =>
  z.string().refine(
    (text) => {
      try {
        return schemes.includes(new URL(text).protocol)
      } catch {
        return false
      }
    },
    { message: `must be a URL starting with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}` },
  )

const integer = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${low} to ${high}`)
    .transform(Number)
    .refine((value) => value >= low && value <= high, `must be a whole number from ${low} to ${high}`)

const list = (item: RegExp, message: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim().replace(/\/$/, '')))
    .refine((items) => items.every((one) => item.test(one)), message)

/** Every setting, its default and what it means; `.env.example` is checked against this list. */
export const settings = {
  PORT: { schema: integer(0, 65535).default(4600), about: 'Port the program listens on (0: any free one).' },
  HOST: { schema: z.string().min(1).default('127.0.0.1'), about: 'Address the program listens on.' },
  ZHIKE_DATA_DIR: {
    schema: z.string().min(1).default('.zhike'),
    about: 'Folder of the embedded engines, the spool and the demo keys.',
  },
  DATABASE_URL: {
    schema: url(['postgres:', 'postgresql:']).optional(),
    about: 'A PostgreSQL server (15 or newer) in place of the embedded one.',
  },
  CLICKHOUSE_URL: {
    schema: url(['http:', 'https:']).optional(),
    about: 'A ClickHouse server in place of the embedded one.',
  },
  CLICKHOUSE_CLUSTER: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_]+$/)
      .optional(),
    about: 'Name of the cluster behind CLICKHOUSE_URL.',
  },
  KAFKA_BROKERS: {
    schema: list(
      /^[A-Za-z0-9._-]+:\d{1,5}$/,
      'must be brokers like kafka-1:9092, separated by commas',
    ).optional(),
    about:
      'Brokers between collecting and loading, separated by commas; without them each process loads its own spool.',
  },
  ZHIKE_KAFKA_TOPIC: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,200}$/)
      .default('zhike-events'),
    about: 'Topic of the events; made when missing.',
  },
  ZHIKE_KAFKA_PARTITIONS: {
    schema: integer(1, 1000).default(12),
    about: 'Partitions of a topic that has to be made: at most so many processes load.',
  },
  ZHIKE_ROLES: {
    schema: z
      .string()
      .transform((text) => text.split(',').map((role) => role.trim()))
      .pipe(z.array(z.enum(processRoles)).min(1))
      .default([...processRoles]),
    about: 'Roles of this process: edge, collect, api, work (docs/guide/deploy.md).',
  },
  ZHIKE_INTERNAL_PORT: {
    schema: integer(0, 65535).optional(),
    about: 'Port a collect process takes events of edge processes on, by mutual TLS.',
  },
  ZHIKE_EDGE_UPSTREAM: {
    schema: list(
      /^https:\/\/[A-Za-z0-9._[\]:-]+$/,
      'must be addresses like https://collect-1:4601, separated by commas',
    ).optional(),
    about: 'Internal addresses of the collect processes an edge hands its events to, separated by commas.',
  },
  ZHIKE_TLS_CERT: {
    schema: z.string().min(1).optional(),
    about: 'File with the certificate (PEM) this process shows on internal connections.',
  },
  ZHIKE_TLS_KEY: {
    schema: z.string().min(1).optional(),
    about: 'File with the key of that certificate (PEM).',
  },
  ZHIKE_TLS_CA: {
    schema: z.string().min(1).optional(),
    about: 'File with the certificates (PEM) that have to have signed those of the other side.',
  },
  ZHIKE_DEMO_CUSTOMERS: {
    schema: integer(0, 5_000_000).default(50_000),
    about: 'Customers of the demo bank, seeded only into empty embedded engines; 0 seeds none.',
  },
  ZHIKE_TIME_ZONE: {
    schema: z
      .string()
      .refine((zone) => {
        try {
          new Intl.DateTimeFormat('en', { timeZone: zone })
          return true
        } catch {
          return false
        }
      }, 'must be an IANA time zone')
      .default('Asia/Shanghai'),
    about: "The bank's calendar zone.",
  },
  ZHIKE_FIELD_KEY: {
    schema: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
      .optional(),
    about: 'Key of identifier encryption and hashing (32 bytes, hex). Made in the data folder when absent.',
  },
  ZHIKE_SECURE_COOKIES: {
    schema: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .default(false),
    about: 'true behind HTTPS: cookies are sent over TLS only.',
  },
  ZHIKE_SPOOL_LIMIT_MB: {
    schema: integer(1, 10_000_000).default(10_240),
    about: 'Most megabytes of acknowledged events waiting for the warehouse; then collect answers 503.',
  },
  ZHIKE_LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('warn'),
    about: 'What is logged to standard output as JSON lines.',
  },
} as const

type Settings = { [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> }

/** Files of a process's own certificate and of those it believes. */
export type TlsFiles = { cert: string; key: string; ca: string }

export type Config = {
  port: number
  host: string
  dataDir: string
  databaseUrl: string | undefined
  clickHouseUrl: string | undefined
  clickHouseCluster: string | undefined
  roles: readonly ProcessRole[]
  kafka: { brokers: readonly string[]; topic: string; partitions: number } | undefined
  internalPort: number | undefined
  edgeUpstream: readonly string[]
  tls: TlsFiles | undefined
  demoCustomers: number
  timeZone: string
  fieldKey: string | undefined
  hasSecureCookies: boolean
  spoolLimitBytes: number
  logLevel: Settings['ZHIKE_LOG_LEVEL']
}

/** Whether the process stands at the internet: it has the role edge and none that needs a database. */
export const isEdgeOnly = (roles: readonly ProcessRole[]): boolean =>
  roles.includes('edge') && !roles.includes('collect')

const absent = (all: Settings, names: readonly (keyof Settings)[]) =>
  names.filter((name) => all[name] === undefined)

function findEdgeProblems(all: Settings): string[] {
  const secrets = (['DATABASE_URL', 'CLICKHOUSE_URL', 'KAFKA_BROKERS', 'ZHIKE_FIELD_KEY'] as const).filter(
    (name) => all[name] !== undefined,
  )
  const needed = absent(all, ['ZHIKE_EDGE_UPSTREAM', 'ZHIKE_TLS_CERT', 'ZHIKE_TLS_KEY', 'ZHIKE_TLS_CA'])
  return [
    ...(all.ZHIKE_ROLES.some((role) => role !== 'edge')
      ? ['ZHIKE_ROLES: edge stands alone, or beside collect']
      : []),
    ...secrets.map((name) => `${name}: an edge process must not have it`),
    ...needed.map((name) => `${name}: an edge process needs it`),
  ]
}

/** What does not fit together: said at the start, not when the first event comes. */
function findRoleProblems(all: Settings): string[] {
  if (isEdgeOnly(all.ZHIKE_ROLES)) return findEdgeProblems(all)
  const problems: string[] = []
  const isWhole = (['collect', 'api', 'work'] as const).every((role) => all.ZHIKE_ROLES.includes(role))
  if (!isWhole)
    for (const name of absent(all, ['DATABASE_URL', 'CLICKHOUSE_URL', 'ZHIKE_FIELD_KEY']))
      problems.push(`${name}: needed where one process has not all of the roles collect, api and work`)
  if (all.ZHIKE_EDGE_UPSTREAM)
    problems.push('ZHIKE_EDGE_UPSTREAM: only a process with the role edge alone has it')
  const tls = absent(all, ['ZHIKE_TLS_CERT', 'ZHIKE_TLS_KEY', 'ZHIKE_TLS_CA'])
  if (tls.length > 0 && tls.length < 3)
    problems.push(`${tls.join(', ')}: certificate, key and CA come together`)
  if (all.ZHIKE_INTERNAL_PORT !== undefined && !all.ZHIKE_ROLES.includes('collect'))
    problems.push('ZHIKE_INTERNAL_PORT: needs the role collect')
  if (all.ZHIKE_INTERNAL_PORT !== undefined && tls.length > 0)
    problems.push('ZHIKE_INTERNAL_PORT: needs ZHIKE_TLS_CERT, ZHIKE_TLS_KEY and ZHIKE_TLS_CA')
  return problems
}

/** Reads the settings; throws ConfigError naming every wrong one. Empty text counts as absent. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const problems: string[] = []
  const read: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const text = env[name]
    const parsed = setting.schema.safeParse(text === '' ? undefined : text)
    if (parsed.success) read[name] = parsed.data
    else problems.push(`${name}: ${parsed.error.issues[0]?.message ?? 'wrong'} (is ${JSON.stringify(text)})`)
  }
  const unknown = Object.keys(env).filter((name) => name.startsWith('ZHIKE_') && !(name in settings))
  for (const name of unknown) if (!name.startsWith('ZHIKE_TEST_')) problems.push(`${name}: no such setting`)
  const all = read as Settings
  if (!problems.length && all.CLICKHOUSE_CLUSTER && !all.CLICKHOUSE_URL) {
    problems.push('CLICKHOUSE_CLUSTER: needs CLICKHOUSE_URL')
  }
  if (!problems.length) problems.push(...findRoleProblems(all))
  if (problems.length)
    throw new ConfigError(`Wrong settings:\n${problems.map((line) => `  ${line}`).join('\n')}`)
  return {
    port: all.PORT,
    host: all.HOST,
    dataDir: all.ZHIKE_DATA_DIR,
    databaseUrl: all.DATABASE_URL,
    clickHouseUrl: all.CLICKHOUSE_URL,
    clickHouseCluster: all.CLICKHOUSE_CLUSTER,
    roles: all.ZHIKE_ROLES,
    kafka: all.KAFKA_BROKERS && {
      brokers: all.KAFKA_BROKERS,
      topic: all.ZHIKE_KAFKA_TOPIC,
      partitions: all.ZHIKE_KAFKA_PARTITIONS,
    },
    internalPort: all.ZHIKE_INTERNAL_PORT,
    edgeUpstream: all.ZHIKE_EDGE_UPSTREAM ?? [],
    tls:
      all.ZHIKE_TLS_CERT && all.ZHIKE_TLS_KEY && all.ZHIKE_TLS_CA
        ? { cert: all.ZHIKE_TLS_CERT, key: all.ZHIKE_TLS_KEY, ca: all.ZHIKE_TLS_CA }
        : undefined,
    demoCustomers: all.ZHIKE_DEMO_CUSTOMERS,
    timeZone: all.ZHIKE_TIME_ZONE,
    fieldKey: all.ZHIKE_FIELD_KEY,
    hasSecureCookies: all.ZHIKE_SECURE_COOKIES,
    spoolLimitBytes: all.ZHIKE_SPOOL_LIMIT_MB * 1024 * 1024,
    logLevel: all.ZHIKE_LOG_LEVEL,
  }
}
