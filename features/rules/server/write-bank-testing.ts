import type { EventFact } from '#features/rules/common/evaluate-rule.ts'
import type { TestCustomer } from '#features/rules/server/rules-bank-testing.ts'
import { testTags } from '#features/rules/server/rules-testing.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

const timeText = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

const eventRow = (customerId: number, { name, msg, occurredAtMs, props }: EventFact) => ({
  name,
  customer_id: customerId,
  msg,
  occurred_at: timeText(occurredAtMs),
  client_at: timeText(occurredAtMs),
  received_at: '2026-03-10 17:30:00.000',
  visitor: 0,
  source: 'test',
  props: Object.fromEntries(props),
  ver: 2,
  is_deleted: 0,
})

const customerRow = ({ id, orgId, rmStaffId, facts }: TestCustomer, ver: number) => ({
  customer_id: id,
  customer_no: facts.customerNo,
  org_id: orgId,
  rm_staff_id: rmStaffId,
  state: 'active',
  is_provisional: id % 2,
  attributes: Object.fromEntries(facts.attributes),
  ver,
})

/** Somebody who has facts and is no customer. */
const stranger = 2 ** 20 + 77

/** Events that came twice, with a clock that was corrected once, and some that were taken back. */
async function writeEvents(ch: ClickHouse, bank: readonly TestCustomer[]): Promise<void> {
  const events = bank.flatMap(({ id, facts }) => facts.events.map((one) => eventRow(id, one)))
  const corrected = events.map((row, index) => {
    const skewMs = [0, 0, 3_600_000, -72_000_000][index % 4] ?? 0
    return { ...row, client_at: timeText(Date.parse(`${row.occurred_at.replace(' ', 'T')}Z`) + skewMs) }
  })
  const gone = bank.slice(0, 8).map(({ id, facts }, index) => ({
    ...eventRow(id, {
      name: index % 2 ? 'undone' : 'transfer',
      msg: `00000000-0000-4000-8000-00000000000${index}`,
      occurredAtMs: facts.events[0]?.occurredAtMs ?? Date.parse('2026-03-10T17:00:00Z'),
      props: new Map([['amount', '3']]),
    }),
  }))
  const lost = gone.map((row) => ({ ...row, customer_id: stranger, ver: 9 }))
  await ch.insertRows('event', [...corrected, ...gone, ...lost])
  await ch.insertRows('event', [
    // A repeat: received later, so it counts less, and its clock was corrected otherwise.
    ...corrected
      .filter((_, index) => index % 2 === 0)
      .map((row) => ({ ...row, ver: 1, occurred_at: row.client_at })),
    ...gone.map((row) => ({ ...row, ver: 3, is_deleted: 1 })),
  ])
}

/** Values of the refresh, of an older one, and what changed since. */
async function writeTags(ch: ClickHouse, bank: readonly TestCustomer[]): Promise<void> {
  const now = { at: '2026-03-10 17:00:00.000' }
  const values: object[] = []
  const recent: object[] = []
  for (const [tag, { refreshId }] of Object.entries(testTags)) {
    values.push({ tag, refresh_id: refreshId, customer_id: stranger, value: 'true' })
    for (const { id, facts, before } of bank) {
      const [value, old] = [facts.tags.get(tag), before.get(tag)]
      const row = { tag, refresh_id: refreshId, customer_id: id }
      values.push({ ...row, refresh_id: 1, value: 'true' })
      const base = old === undefined ? value : old
      if (base !== undefined && base !== null) values.push({ ...row, value: base })
      if (old === undefined) continue
      recent.push({ ...row, ...now, value: 'true', ver: 1 }, { ...row, ...now, value: value ?? null, ver: 2 })
      recent.push({ ...row, ...now, refresh_id: 1, value: null, ver: 3 })
    }
  }
  await ch.insertRows('tag_value', values)
  await ch.insertRows('tag_recent', recent)
  const number = sql`if(isFinite(ifNull(toFloat64OrNull(v.value), nan)), toFloat64OrNull(v.value), NULL)`
  await ch.command(sql`
    INSERT INTO tag_value (tag, refresh_id, customer_id, value, number)
    SELECT v.tag, v.refresh_id, v.customer_id, v.value, ${number} FROM tag_value AS v FINAL`)
  await ch.command(sql`OPTIMIZE TABLE tag_value FINAL`)
  await ch.command(sql`
    INSERT INTO tag_recent (tag, refresh_id, customer_id, value, number, at, ver)
    SELECT v.tag, v.refresh_id, v.customer_id, v.value, ${number}, v.at, v.ver + 1 FROM tag_recent AS v FINAL`)
  await ch.command(sql`
    INSERT INTO tag_bitmap (tag, refresh_id, value, chunk, members)
    SELECT v.tag, v.refresh_id, v.value, bitShiftRight(v.customer_id, 20) AS chunk, groupBitmapState(v.customer_id)
    FROM tag_value AS v FINAL GROUP BY v.tag, v.refresh_id, v.value, chunk`)
  const changes = bank.flatMap(({ id, changes: some }) =>
    some.map(({ tag, atMs, value }) => ({ tag, customer_id: id, at: timeText(atMs), value, ver: 1 })),
  )
  await ch.insertRows('tag_change', changes)
  await ch.command(sql`
    INSERT INTO tag_change (tag, customer_id, at, value, number, ver)
    SELECT v.tag, v.customer_id, v.at, v.value, ${number}, 2 FROM tag_change AS v FINAL`)
}

/** Bitmaps of customers of two of three chunks, as they were before every third customer was copied again. */
async function writeBitmaps(ch: ClickHouse, bank: readonly TestCustomer[]): Promise<void> {
  const chunk = sql`bitShiftRight(c.customer_id, 20)`
  const wasElsewhere = sql`c.customer_id % 3 = 0`
  await ch.command(sql`
    INSERT INTO customer_bitmap (kind, id, chunk, generation, members)
    SELECT k.1 AS kind, k.2 AS id, ${chunk} AS chunk, 5, groupBitmapState(c.customer_id) FROM customer AS c FINAL
    ARRAY JOIN [('all', toUInt32(0)), ('org', if(${wasElsewhere}, 5 - c.org_id, c.org_id)),
      ('rm', if(${wasElsewhere}, 0, c.rm_staff_id))] AS k
    WHERE chunk IN (0, 2) AND NOT (${wasElsewhere} AND c.customer_id % 2 = 0) GROUP BY kind, id, chunk`)
  // An older generation and one that was never published say otherwise.
  await ch.command(sql`
    INSERT INTO customer_bitmap (kind, id, chunk, generation, members)
    SELECT 'all', 0, m.chunk, arrayJoin([4, 6]), m.members FROM customer_bitmap AS m WHERE m.kind = 'org' AND m.id = 1`)
  await ch.insertRows('customer_base', [
    { chunk: 0, generation: 5 },
    { chunk: 2, generation: 5 },
  ])
  await ch.insertRows(
    'customer_touched',
    bank.map(({ id }) => ({ customer_id: id, seq: id % 3 === 0 ? 6 : 5 })),
  )
}

/**
 * Writes a bank as life leaves it: customers that moved, events that came twice, were corrected or taken back, values of an
 * older refresh and changes since, old versions of lists, and facts of somebody who is no customer.
 */
export async function writeTestBank(ch: ClickHouse, bank: readonly TestCustomer[]): Promise<void> {
  await ch.insertRows(
    'customer',
    bank.map((one) => ({ ...customerRow(one, 1), org_id: 5 - one.orgId, rm_staff_id: 0, attributes: {} })),
  )
  await ch.insertRows(
    'customer',
    bank.map((one) => customerRow(one, 2)),
  )
  await ch.insertRows('list_member', [
    ...bank.map(({ id }) => ({ list: 'gold', version: 1, customer_id: id, value: '' })),
    { list: 'gold', version: 2, customer_id: stranger, value: '' },
    ...bank
      .filter(({ facts }) => facts.lists.has('gold'))
      .map(({ id }) => ({ list: 'gold', version: 2, customer_id: id, value: 'x' })),
  ])
  await writeBitmaps(ch, bank)
  await writeEvents(ch, bank)
  await writeTags(ch, bank)
}
