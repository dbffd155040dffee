import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { messageBytes, messageUuid } from '#features/ingest/server/ids.ts'
import { sql, typed } from '#platform/common/sql.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'
import { type BenchOptions, type Measure, percentile, rounded, timed } from './measure.ts'

type LoadResult = {
  accepted: number
  failed: number
  perSecond: number
  p50: number
  p99: number
  sent: number
  /** Of the generator itself. */
  cpuMicros: number
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

/** Events a second that the engine itself takes as RowBinary into a table like the real one: what the road is measured against. */
async function rawInserts(bench: BenchApp): Promise<number> {
  const { ch } = bench.app.parts
  await ch.command(sql`CREATE TABLE raw_event AS event`)
  const columns = [
    { name: 'customer_id', type: 'UInt32' },
    { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
    { name: 'client_at', type: "DateTime64(3, 'UTC')" },
    { name: 'msg', type: 'UUID' },
    { name: 'received_at', type: "DateTime64(3, 'UTC')" },
    { name: 'ver', type: 'UInt64' },
    { name: 'name', type: 'LowCardinality(String)' },
    { name: 'source', type: 'LowCardinality(String)' },
    { name: 'props', type: 'Map(LowCardinality(String), String)' },
  ]
  const rows = 200_000
  const writer = createRowBinaryWriter(96 * 1024 * 1024)
  const note = 'x'.repeat(220)
  const props = { page: 'product', product: 'W01', space: 'main', amount: '12345.67', channel: 'app', note }
  const startMs = Date.now() - rows
  for (let row = 0; row < rows; row += 1) {
    writer.uint32(row % 50_000)
    writer.dateTime64Millis(startMs + row)
    writer.dateTime64Millis(startMs + row)
    writer.fixedBytes(messageBytes('raw', String(row)))
    writer.dateTime64Millis(startMs + row)
    writer.uint64(BigInt(row))
    writer.string('page_viewed')
    writer.string('bench')
    writer.mapStringString(props)
  }
  const settings = { optimize_on_insert: 0 }
  const ms = await timed(() =>
    ch.insertBinary('raw_event', columns, writer.take(), { lane: 'load', settings }),
  )
  return (rows * 1000) / ms
}

/** Every 200 ms a marked event: how long from its acknowledgement until a query finds it. Polls every 20 ms. */
async function watchVisible(bench: BenchApp, seconds: number): Promise<number> {
  const { ingest, ch } = bench.app.parts
  const key = await ingest.keys.get('bench')
  const waits: Promise<number>[] = []
  const until = performance.now() + seconds * 1000
  for (let nth = 0; performance.now() < until; nth += 1) {
    const messageId = `marker-${nth}`
    const event = { type: 'track', event: 'marked', userId: 'B000000000001', messageId }
    await ingest.collector.takeBatch(key, [{ ...event, timestamp: new Date().toISOString() }])
    const acknowledged = performance.now()
    const id = messageUuid('bench', messageId)
    const isThere = async (): Promise<number> => {
      const found = await ch.first(
        sql`SELECT 1 AS one FROM event AS e WHERE e.name = 'marked' AND e.msg = ${typed('UUID', id)}`,
      )
      if (found) return performance.now() - acknowledged
      await new Promise((resolve) => setTimeout(resolve, 20))
      return isThere()
    }
    waits.push(isThere())
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return percentile(await Promise.all(waits), 0.99)
}

/**
 * ingest.batch, ingest.single, and at half of the batches' rate ingest.ack_p99_ms and ingest.visible_p99_ms: HTTP to durable
 * and queryable, load generator on the same machine.
 */
export async function benchIngest({ seconds }: BenchOptions): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    await generate(bench, { connections: 4, batch: 100, seconds: 2, offset: 0 })
    await bench.app.parts.ingest.flush()
    const cpu = process.cpuUsage()
    const batch = await generate(bench, { connections: 8, batch: 100, seconds, offset: 1_000_000_000 })
    const drainMs = await timed(() => bench.app.parts.ingest.flush())
    const used = process.cpuUsage(cpu)
    const serverMicros = (used.user + used.system) / batch.accepted
    const single = await generate(bench, { connections: 64, batch: 1, seconds, offset: 2_000_000_000 })
    await bench.app.parts.ingest.flush()
    const half = { connections: 8, batch: 100, seconds, ratePerSecond: batch.perSecond / 2 }
    const [paced, visibleMs] = await Promise.all([
      generate(bench, { ...half, offset: 3_000_000_000 }),
      watchVisible(bench, seconds),
    ])
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
        of: 'raw RowBinary insert into the same table',
      },
      {
        name: 'ingest.batch_queryable',
        value: rounded(queryable),
        unit: 'events/s',
        ratio: rounded(queryable / raw),
        of: 'raw RowBinary insert into the same table',
      },
      {
        name: 'ingest.single',
        value: rounded(single.perSecond),
        unit: 'events/s',
        ratio: rounded(single.perSecond / raw),
        of: 'raw RowBinary insert into the same table',
      },
      { name: 'ingest.bytes_per_event', value: rounded(Number(disk?.bytes)), unit: 'bytes' },
      { name: 'ingest.visible_p99_ms', value: rounded(visibleMs), unit: 'ms' },
      { name: 'ingest.server_us_per_event', value: rounded(serverMicros), unit: 'µs of CPU' },
      {
        name: 'ingest.generator_us_per_event',
        value: rounded(batch.cpuMicros / batch.accepted),
        unit: 'µs of CPU',
      },
      { name: 'ingest.ack_p50_ms', value: rounded(paced.p50), unit: 'ms' },
      { name: 'ingest.ack_p99_ms', value: rounded(paced.p99), unit: 'ms' },
    ]
  } finally {
    await bench.close()
  }
}
