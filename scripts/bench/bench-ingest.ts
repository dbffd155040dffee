import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { sql } from '#platform/common/sql.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { type BenchOptions, type Measure, rounded, timed } from './measure.ts'

type LoadResult = {
  accepted: number
  failed: number
  perSecond: number
  p50: number
  p99: number
  sent: number
}

function generate(
  bench: BenchApp,
  plan: { connections: number; batch: number; seconds: number; ratePerSecond?: number; offset: number },
): Promise<LoadResult> {
  const { hostname, port } = new URL(bench.url)
  const input = JSON.stringify({ ...plan, host: hostname, port: Number(port) })
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'load-generator.ts'), input],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('exit', (code) =>
      code === 0
        ? resolve(JSON.parse(output) as LoadResult)
        : reject(new Error(`load generator ended with ${code}`)),
    )
  })
}

/** Events a second that the engine itself takes as RowBinary of the same shape: what the spool road is measured against. */
async function rawInserts(bench: BenchApp): Promise<number> {
  const { ch } = bench.app.parts
  await ch.command(sql`CREATE TABLE raw_event AS event`)
  const columns = [
    { name: 'name', type: 'LowCardinality(String)' },
    { name: 'customer_id', type: 'UInt32' },
    { name: 'occurred_at', type: 'DateTime64(3)' },
    { name: 'props', type: 'Map(LowCardinality(String), String)' },
  ]
  const rows = 200_000
  const writer = createRowBinaryWriter(64 * 1024 * 1024)
  const note = 'x'.repeat(220)
  for (let row = 0; row < rows; row += 1) {
    writer.string('page_viewed')
    writer.uint32(row % 50_000)
    writer.dateTime64Millis(1_767_225_600_000 + row)
    writer.mapStringString({
      page: 'product',
      product: 'W01',
      space: 'main',
      amount: '12345.67',
      channel: 'app',
      note,
    })
  }
  const ms = await timed(() => ch.insertBinary('raw_event', columns, writer.take(), { lane: 'load' }))
  return (rows * 1000) / ms
}

/** ingest.batch, ingest.single, ingest.ack_p99_ms: HTTP to durable, load generator on the same machine. */
export async function benchIngest({ seconds }: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    await generate(bench, { connections: 4, batch: 100, seconds: 2, offset: 0 })
    await bench.app.parts.ingest.flush()
    const batch = await generate(bench, { connections: 8, batch: 100, seconds, offset: 1_000_000_000 })
    const drainMs = await timed(() => bench.app.parts.ingest.flush())
    const single = await generate(bench, { connections: 64, batch: 1, seconds, offset: 2_000_000_000 })
    await bench.app.parts.ingest.flush()
    const paced = await generate(bench, {
      connections: 10,
      batch: 10,
      seconds,
      ratePerSecond: 5000,
      offset: 3_000_000_000,
    })
    await bench.app.parts.ingest.flush()
    const stored = await bench.app.parts.ch.first<{ count: string }>(
      sql`SELECT count() AS count FROM event AS e FINAL WHERE e.source = 'bench'`,
    )
    const disk = await bench.app.parts.ch.first<{ bytes: number }>(sql`
      SELECT sum(p.bytes_on_disk) / sum(p.rows) AS bytes FROM system.parts AS p
      WHERE p.active AND p.database = currentDatabase() AND p.table = 'event'`)
    const raw = await rawInserts(bench)
    const failed = batch.failed + single.failed + paced.failed
    if (failed) throw new Error(`${failed} requests failed`)
    const acknowledged = batch.accepted + single.accepted + paced.accepted
    if (Number(stored?.count) < acknowledged)
      throw new Error(`acknowledged ${acknowledged}, stored ${stored?.count}`)
    const queryable = (batch.accepted * 1000) / (seconds * 1000 + drainMs)
    return [
      {
        name: 'ingest.batch',
        value: rounded(batch.perSecond),
        unit: 'events/s',
        ratio: rounded(batch.perSecond / raw),
        of: 'raw RowBinary insert',
      },
      {
        name: 'ingest.batch_queryable',
        value: rounded(queryable),
        unit: 'events/s',
        ratio: rounded(queryable / raw),
        of: 'raw RowBinary insert',
      },
      {
        name: 'ingest.single',
        value: rounded(single.perSecond),
        unit: 'events/s',
        ratio: rounded(single.perSecond / raw),
        of: 'raw RowBinary insert',
      },
      { name: 'ingest.bytes_per_event', value: rounded(Number(disk?.bytes)), unit: 'bytes' },
      { name: 'ingest.ack_p50_ms', value: rounded(paced.p50), unit: 'ms' },
      { name: 'ingest.ack_p99_ms', value: rounded(paced.p99), unit: 'ms' },
    ]
  } finally {
    await bench.close()
  }
}
