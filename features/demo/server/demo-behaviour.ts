import type { DemoCampaign } from '#features/demo/server/demo-definitions.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** What those whom a past campaign reached then did: saw the slot, clicked, bought; each with its own chance and delay. */
export async function seedBehaviour(
  ch: ClickHouse,
  options: {
    seed: number
    key: string
    startedAtMs: number
    untilMs: number
    behaviour: DemoCampaign['behaviour']
  },
): Promise<void> {
  const { exposed, clicked, converted } = options.behaviour
  const seed = typed('UInt32', options.seed)
  const key = typed('String', options.key)
  const chance = (purpose: string) =>
    sql`(sipHash64(${seed}, ${key}, ${typed('String', purpose)}, t.customer_id) / 18446744073709551616.)`
  const started = sql`fromUnixTimestamp64Milli(${typed('Int64', options.startedAtMs)})`
  const hours = sql`toUInt32(sipHash64(${seed}, ${key}, 'hours', t.customer_id) % 120)`
  const slot = sql`map('slot', 'home_top', 'placement', ${key}, 'campaign', ${key}, 'decision', concat('demo-', toString(t.customer_id)))`
  await ch.command(
    sql`
    INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)
    SELECT step.1, t.customer_id, reinterpretAsUUID(sipHash128(${seed}, ${key}, step.1, t.customer_id)),
      ${started} + toIntervalHour(${hours}) + toIntervalSecond(step.2), ${started} + toIntervalHour(${hours}) + toIntervalSecond(step.2 + 1),
      0, 'demo', step.3, 1, 0
    FROM (
      SELECT DISTINCT e.customer_id AS customer_id FROM event AS e FINAL
      WHERE e.name = 'touch_sent' AND e.props['campaign'] = ${key}
    ) AS t
    ARRAY JOIN arrayConcat(
      if(${chance('exposed')} < ${typed('Float64', exposed)}, [('slot_exposed', 30, ${slot})], []),
      if(${chance('exposed')} < ${typed('Float64', exposed)} AND ${chance('clicked')} < ${typed('Float64', clicked)},
        [('slot_clicked', 45, ${slot})], []),
      if(${chance('exposed')} < ${typed('Float64', exposed)} AND ${chance('clicked')} < ${typed('Float64', clicked)}
          AND ${chance('converted')} < ${typed('Float64', converted)},
        [('product_purchased', 7200, map('product', 'W01', 'family', 'wealth', 'amount',
          toString(1000 * (1 + sipHash64(${seed}, 'amount', t.customer_id) % 40))))], [])
    ) AS step
    WHERE ${started} + toIntervalHour(${hours}) + toIntervalSecond(step.2) < fromUnixTimestamp64Milli(${typed('Int64', options.untilMs)})`,
    { lane: 'jobs' },
  )
}
