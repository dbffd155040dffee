import type { WarehouseSeed } from '#features/demo/server/demo-warehouse.ts'
import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

const where = (values: Record<string, string>) =>
  Object.entries(values).map(([prop, value]) => ({ prop, is: 'eq' as const, value }))

/** Flows of the demo bank: where customers stop in them is read from what they did. */
export const demoFlows = [
  {
    key: 'bind_card',
    name: { zh: '绑定银行卡', en: 'Bind a card' },
    inactivityMinutes: 30,
    steps: [
      {
        key: 'start',
        name: { zh: '进入绑卡', en: 'Start' },
        event: 'flow_started',
        where: where({ flow: 'bind_card' }),
      },
      {
        key: 'card',
        name: { zh: '填写卡号', en: 'Card number' },
        event: 'flow_step',
        where: where({ flow: 'bind_card', step: 'card' }),
      },
      {
        key: 'verify',
        name: { zh: '短信验证', en: 'Verification' },
        event: 'flow_step',
        where: where({ flow: 'bind_card', step: 'verify' }),
      },
      {
        key: 'done',
        name: { zh: '绑卡成功', en: 'Bound' },
        event: 'flow_completed',
        where: where({ flow: 'bind_card' }),
      },
    ],
  },
] as const

/**
 * Attempts at binding a card: most go through, some stop at a step for a reason of that step, two in five of those come
 * back within a day and go on, most of them to the end.
 */
export async function seedFlowEvents(ch: ClickHouse, seed: WarehouseSeed): Promise<void> {
  const zone = typed('String', seed.timeZone)
  const day = sql`(toDate(${typed('String', seed.today)}) - toUInt32(d.number))`
  const hash = (purpose: string) =>
    sql`sipHash64(${typed('UInt32', seed.seed)}, 'bind_card', ${typed('String', purpose)}, c.customer_id, d.number)`
  const start = sql`toDateTime64(concat(toString(${day}), ' 00:00:00'), 3, ${zone}) + toIntervalSecond(8 * 3600 + ${hash('second')} % 50000)`
  const flow = (more: string, value: string) =>
    sql`map('flow', 'bind_card', ${typed('String', more)}, ${typed('String', value)}, 'channel', f.channel)`
  const begun = sql`map('flow', 'bind_card', 'channel', f.channel)`
  const away = sql`(1800 + toUInt32(f.back % 80000))`
  // Where the first go ended (1 start, 2 card, 3 verify, 4 done), and whether and how the customer came back.
  await ch.command(
    sql`
    INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)
    SELECT step.1, f.customer_id, reinterpretAsUUID(sipHash128(${typed('UInt32', seed.seed)}, 'bind_card', f.customer_id, f.day, step.2, step.1)),
      f.started + toIntervalSecond(step.2), f.started + toIntervalSecond(step.2 + 1), 0, 'demo', step.3, 1, 0
    FROM (
      SELECT c.customer_id AS customer_id, d.number AS day, ${start} AS started, ${hash('back')} AS back,
        if(${hash('channel')} % 4 = 0, 'mini_program', 'app') AS channel,
        multiIf(${hash('end')} % 100 < 12, 1, ${hash('end')} % 100 < 34, 2, ${hash('end')} % 100 < 48, 3, 4) AS reached,
        ${hash('end')} % 100 < 48 AND ${hash('return')} % 5 < 2 AS is_back, ${hash('finish')} % 10 < 7 AS is_finished,
        ${hash('reason')} AS why
      FROM (SELECT c.customer_id AS customer_id FROM customer AS c FINAL
            WHERE startsWith(c.customer_no, 'C') AND c.is_provisional = 0 AND c.state = 'active') AS c
      CROSS JOIN numbers(${typed('UInt32', seed.days)}) AS d
      WHERE ${hash('comes')} % 1000 < 7
    ) AS f
    ARRAY JOIN arrayConcat(
      [('flow_started', 0, ${begun})],
      if(f.reached >= 2, [('flow_step', 25, ${flow('step', 'card')})], []),
      if(f.reached >= 3, [('flow_step', 70, ${flow('step', 'verify')})], []),
      if(f.reached = 4, [('flow_completed', 110, ${begun}), ('card_bound', 111, map('channel', f.channel))], []),
      if(f.reached = 1, [('page_viewed', 15, map('page', 'bind_card_agreement', 'space', 'main'))], []),
      if(f.reached = 2 AND f.why % 10 < 8, [('flow_abandoned', 60, mapConcat(${flow('step', 'card')}, map('reason', arrayElement(['卡号识别失败', '卡种不支持', '不想输卡号'], 1 + f.why % 3))))], []),
      if(f.reached = 3, [('flow_abandoned', 130, mapConcat(${flow('step', 'verify')}, map('reason', arrayElement(['验证码超时', '预留手机号不符'], 1 + f.why % 2))))], []),
      if(f.is_back AND f.reached = 1, [('flow_step', ${away}, ${flow('step', 'card')}), ('flow_step', ${away} + 40, ${flow('step', 'verify')})], []),
      if(f.is_back AND f.reached = 2, [('flow_step', ${away}, ${flow('step', 'verify')})], []),
      if(f.is_back AND f.is_finished, [('flow_completed', ${away} + 90, ${begun}), ('card_bound', ${away} + 91, map('channel', f.channel))], [])
    ) AS step
    WHERE f.started + toIntervalSecond(step.2) <= fromUnixTimestamp64Milli(${typed('Int64', seed.nowMs)})`,
    { lane: 'jobs' },
  )
}
