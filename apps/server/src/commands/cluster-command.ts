import { resolve } from 'node:path'
import { type Config, readConfig } from '#platform/server/config.ts'
import { createCluster } from '#platform/server/placement/cluster.ts'
import type { ClusterStatus } from '#platform/server/placement/cluster-status.ts'
import { placementErrors } from '#platform/server/placement/placement-errors.ts'
import { connectPostgres } from '#platform/server/postgres/postgres.ts'
import { clickHouseMigrations } from '../engines.ts'
import { repositoryRoot } from '../repository.ts'
import { type Command, readArguments, UsageError } from './command.ts'

type Cluster = ReturnType<typeof createCluster>

/** These commands work on the servers themselves, beside the running program: moving rows takes no part of it. */
async function withCluster<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const settings = readConfig()
  const config: Config = { ...settings, dataDir: resolve(repositoryRoot, settings.dataDir) }
  const { clickHouseUrl: url, clickHouseCluster, databaseUrl } = config
  if (!url || !clickHouseCluster || !databaseUrl) throw placementErrors('CLUSTER_MISSING', {})
  const pg = await connectPostgres(databaseUrl, { applicationName: 'zhike cluster' })
  try {
    return await work(createCluster({ pg, url, migrations: clickHouseMigrations }))
  } finally {
    await pg.close()
  }
}

const count = (value: number | null): string => (value === null ? 'no answer' : value.toLocaleString('en'))

function tableOf(status: ClusterStatus): string[] {
  const header = ['shard', 'address', 'chunks', 'slots', 'rows', 'bytes']
  const rows = status.shards.map((one) => [
    String(one.shard),
    one.address,
    count(one.chunks),
    count(one.slots),
    count(one.rows),
    count(one.bytes),
  ])
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 1 ? cell.padEnd(widths[1]!) : cell.padStart(widths[column]!)))
      .join('  ')
  return [line(header), ...rows.map(line)]
}

const statusHelp = `Usage: npx zhike cluster status

Prints the shards of the ClickHouse cluster: chunks of customers, slots of what is no customer's, rows and bytes.
Needs DATABASE_URL, CLICKHOUSE_URL and CLICKHOUSE_CLUSTER.

  --help    this text`

export const clusterStatusCommand: Command = {
  name: 'cluster status',
  summary: 'print what each shard holds',
  help: statusHelp,
  async run(args, io) {
    const { positionals } = readArguments(args, {})
    if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'.`)
    const status = await withCluster((cluster) => cluster.status())
    io.out(
      `Cluster ${status.cluster}, placement ${status.version}, ${count(status.chunkSize)} customers a chunk`,
    )
    for (const line of tableOf(status)) io.out(line)
    if (status.isMoving) io.out('A move is under way, or was cut off: npx zhike cluster grow ends it.')
    return 0
  },
}

const growHelp = `Usage: npx zhike cluster grow [--cluster <name>]

Takes in shards that the servers' remote_servers has got since, and spreads chunks and slots evenly, while the program
runs. To add a shard without any moment of failure, define a second cluster that lists the same shards first, in the
same order, and the new ones after them, and name it here; from then on it is used. Cut off, it can be run again.

  --cluster <name>   name of the cluster to go over to (default: the one in use)
  --help             this text`

export const clusterGrowCommand: Command = {
  name: 'cluster grow',
  summary: 'take in new shards and spread the rows',
  help: growHelp,
  async run(args, io) {
    const { values, positionals } = readArguments(args, { cluster: { type: 'string' } })
    if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'.`)
    if (values.cluster !== undefined && !/^[A-Za-z0-9_]+$/.test(values.cluster))
      throw new UsageError('--cluster must be a name of letters, digits and underscores.')
    const { added, units } = await withCluster((cluster) => cluster.grow({ cluster: values.cluster }))
    io.out(`${added} shards added, ${units} chunks and slots moved.`)
    return 0
  },
}

const moveHelp = `Usage: npx zhike cluster move --to <shard> <chunk>...

Moves chunks of customers to a shard, while the program runs. Cut off, npx zhike cluster grow ends it.

  --to <shard>   number of the shard
  --help         this text`

const wholeNumber = (text: string, what: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${what} must be a whole number, not '${text}'.`)
  return Number(text)
}

export const clusterMoveCommand: Command = {
  name: 'cluster move',
  summary: 'move chunks of customers to a shard',
  help: moveHelp,
  async run(args, io) {
    const { values, positionals } = readArguments(args, { to: { type: 'string' } })
    if (!values.to || positionals.length === 0)
      throw new UsageError('Name the shard and the chunks: --to 3 17 18.')
    const to = wholeNumber(values.to, '--to')
    const chunks = positionals.map((text) => wholeNumber(text, 'A chunk'))
    const { units } = await withCluster((cluster) => cluster.move({ chunks, to }))
    io.out(`${units} chunks moved.`)
    return 0
  },
}
