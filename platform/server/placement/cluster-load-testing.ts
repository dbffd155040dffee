import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '../clickhouse/clickhouse.ts'
import type { Postgres } from '../postgres/postgres.ts'
import { allocatePlacedIds } from './allocate-ids.ts'

const now = '2026-11-02 04:00:00'
const common = {
  name: 'seen',
  occurred_at: now,
  received_at: now,
  source: 's',
  props: {},
  ver: 1,
  is_deleted: 0,
}

/** Each way of counting gives the same number, because every customer has one event and one of a visitor. */
const countings: readonly Sql[] = [
  sql`SELECT count() AS n FROM event AS e FINAL`,
  sql`SELECT count() AS n FROM event_anonymous AS a FINAL`,
  sql`SELECT count() AS n FROM customer AS c FINAL`,
  sql`SELECT count() AS n FROM customer AS c WHERE c.customer_id IN (SELECT e.customer_id FROM event AS e FINAL)`,
  sql`SELECT sum(g.n) AS n FROM (SELECT e.customer_id AS id, count() AS n FROM event AS e FINAL GROUP BY e.customer_id) AS g`,
]

/** Writes new customers to a cluster and checks, at any moment, that reads see what has been written. */
export function createClusterLoad({ pg, ch }: { pg: Postgres; ch: ClickHouse }) {
  /** Counted before an insert begins and after it has ended. */
  const written = { begun: 0, done: 0 }

  async function writeRows(ids: readonly number[]): Promise<void> {
    await ch.insertRows(
      'event',
      ids.map((id) => ({ ...common, customer_id: id, msg: randomUUID(), visitor: 0 })),
    )
    await ch.insertRows(
      'event_anonymous',
      ids.map((id) => ({
        ...common,
        visitor: (BigInt(id) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn,
        msg: randomUUID(),
      })),
    )
    await ch.insertRows(
      'customer',
      ids.map((id) => ({
        customer_id: id,
        customer_no: `C${id}`,
        org_id: id % 3,
        rm_staff_id: 0,
        state: 'active',
        is_provisional: 0,
        attributes: {},
        ver: 1,
      })),
    )
  }

  async function expectWritten(count: () => Promise<number>, what: string): Promise<void> {
    const before = written.done
    const found = await count()
    expect.soft(found, what).toBeGreaterThanOrEqual(before)
    expect.soft(found, what).toBeLessThanOrEqual(written.begun)
  }

  return {
    written,
    /** New customers, an event of each and one of a visitor. */
    async loadOnce(size: number): Promise<void> {
      const ids = await pg.transaction(async (tx) => {
        await tx.execute(sql`SELECT FROM customer_id_allocator FOR UPDATE`)
        return (await allocatePlacedIds(tx, size)) ?? []
      })
      written.begun += size
      await writeRows(ids)
      written.done += size
    },
    /** Each way of counting gives what was written: nothing twice, nothing missing. */
    async checkCounts(): Promise<void> {
      for (const fragment of countings)
        await expectWritten(
          async () => Number((await ch.first<{ n: string }>(fragment))?.n),
          fragment.text[0] ?? '',
        )
      const alone = async () => {
        const parts = await ch.onEachShard((shard) => shard.first<{ n: string }>(countings[0]!))
        return parts.reduce((sum, part) => sum + Number(part?.n), 0)
      }
      await expectWritten(alone, 'each shard alone')
    },
  }
}

export type ClusterLoad = ReturnType<typeof createClusterLoad>
