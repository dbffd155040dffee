import { seedFlowEvents } from '#features/demo/server/demo-flows.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** What the generator needs: whose day it is, how it started, and how far back it goes. */
export type WarehouseSeed = { seed: number; today: string; nowMs: number; timeZone: string; days: number }

/** A number in [0, 1) that depends only on the seed, the customer, the purpose and what else is named. */
const chance = (seed: WarehouseSeed, purpose: string, ...parts: Sql[]): Sql => {
  const more = parts.reduce((all, part) => sql`${all}, ${part}`, sql``)
  return sql`(sipHash64(${typed('UInt32', seed.seed)}, ${typed('String', purpose)}${more}) / 18446744073709551616.)`
}

/**
 * AUM by share of customers: 55 % below ¥1k, 35 % to ¥50k, 8 % to ¥200k, then 1.5 %, 0.35 %, 0.13 % and 0.02 % up the tiers,
 * log-uniform within each. (Bank of China Shanghai 2021: 97.99 % below ¥200k, 0.13 % between ¥1m and ¥6m, 0.02 % above.)
 */
const aumOf = (u: Sql, v: Sql): Sql => sql`multiIf(
  ${u} < 0.55, 1 + 998 * ${v}, ${u} < 0.90, 1000 * pow(50, ${v}), ${u} < 0.98, 50000 * pow(4, ${v}),
  ${u} < 0.995, 200000 * pow(2.5, ${v}), ${u} < 0.9985, 500000 * pow(2, ${v}), ${u} < 0.9998, 1000000 * pow(6, ${v}),
  6000000 * pow(5, ${v}))`

const customers = sql`(
  SELECT c.customer_id AS customer_id, c.customer_no AS customer_no, c.state AS state,
    toUInt8OrZero(c.attributes['age']) AS age, c.attributes['payroll'] = 'true' AS payroll,
    toDate32OrZero(c.attributes['opened_on']) AS opened, toDate32OrZero(c.attributes['risk_expires_on']) - 365 AS assessed,
    c.attributes['risk_level'] AS risk_level
  FROM customer AS c FINAL WHERE startsWith(c.customer_no, 'C') AND c.is_provisional = 0)`

/** Opening balances by class, then salaries in and spending out on the demand account. */
export async function seedBalances(ch: ClickHouse, seed: WarehouseSeed): Promise<void> {
  const u = chance(seed, 'aum', sql`c.customer_no`)
  const v = chance(seed, 'aum within', sql`c.customer_no`)
  const first = sql`(toDate32(${typed('String', seed.today)}) - ${typed('UInt32', seed.days)})`
  await ch.command(
    sql`
    INSERT INTO balance (customer_id, class, business_date, currency, amount, received_at, ver)
    SELECT w.customer_id, s.1, ${first}, 'CNY', toDecimal64(floor(w.aum * s.2), 2), now64(3), 1
    FROM (
      SELECT c.customer_id AS customer_id, ${aumOf(u, v)} AS aum FROM ${customers} AS c
    ) AS w
    ARRAY JOIN multiIf(w.aum < 1000, [('demand', 1.)], w.aum < 50000, [('demand', 0.4), ('time_deposit', 0.6)],
      w.aum < 200000, [('demand', 0.15), ('time_deposit', 0.5), ('wealth', 0.35)],
      [('demand', 0.05), ('time_deposit', 0.3), ('wealth', 0.4), ('fund', 0.25)]) AS s`,
    { lane: 'jobs' },
  )
  const moved = chance(seed, 'move', sql`c.customer_no`, sql`n.number`)
  await ch.command(
    sql`
    INSERT INTO balance (customer_id, class, business_date, currency, amount, received_at, ver)
    SELECT c.customer_id, 'demand', ${first} + toUInt32(n.number * 7 + 1 + sipHash64(c.customer_no, n.number) % 6), 'CNY',
      toDecimal64(floor(greatest(1, b.opening * (0.6 + 0.9 * ${moved}) + if(c.payroll AND (n.number + sipHash64(c.customer_no)) % 4 = 1, 4000 + 9000 * ${u}, 0))), 2),
      now64(3), 1
    FROM ${customers} AS c
    JOIN (SELECT b.customer_id AS customer_id, toFloat64(any(b.amount)) AS opening FROM balance AS b FINAL
          WHERE b.class = 'demand' AND b.business_date = ${first} GROUP BY b.customer_id) AS b ON b.customer_id = c.customer_id
    CROSS JOIN numbers(${typed('UInt32', Math.floor(seed.days / 7) + 1)}) AS n
    WHERE n.number * 7 + 1 + sipHash64(c.customer_no, n.number) % 6 <= ${typed('UInt32', seed.days)}`,
    { lane: 'jobs' },
  )
  await seedHoldings(ch, seed)
}

/** A product behind each balance but the demand account's. */
async function seedHoldings(ch: ClickHouse, seed: WarehouseSeed): Promise<void> {
  const first = sql`(toDate32(${typed('String', seed.today)}) - ${typed('UInt32', seed.days)})`
  await ch.command(
    sql`
    INSERT INTO holding (customer_id, holding_no, product_code, family, currency, amount, opened_on, closed_on, attributes, ver, is_deleted)
    SELECT b.customer_id, concat(upper(substring(b.class, 1, 1)), leftPad(toString(b.customer_id), 9, '0')),
      concat(multiIf(b.class = 'time_deposit', 'D', b.class = 'fund', 'F', 'W'), leftPad(toString(sipHash64(b.customer_id, b.class) % 30), 2, '0')),
      b.class, b.currency, b.amount, ${first} - toUInt32(sipHash64(b.customer_id, 'opened') % 700), NULL,
      mapConcat(map('risk_level', multiIf(b.class = 'time_deposit', 'R1', b.class = 'fund', 'R3', 'R2')), if(b.class = 'fund', map(),
        map('matures_on', toString(toDate32(${typed('String', seed.today)}) + toUInt32(1 + sipHash64(b.customer_id, b.class, 'matures') % 360))))), 1, 0
    FROM balance AS b FINAL WHERE b.class != 'demand' AND b.business_date = ${first}`,
    { lane: 'jobs' },
  )
}

const msgOf = (seed: WarehouseSeed, ...parts: Sql[]): Sql => {
  const more = parts.reduce((all, part) => sql`${all}, ${part}`, sql``)
  return sql`reinterpretAsUUID(sipHash128(${typed('UInt32', seed.seed)}${more}))`
}

const insertEvents = sql`INSERT INTO event (name, customer_id, msg, occurred_at, received_at, visitor, source, props, ver, is_deleted)`

/** Hours of a day as people open an app: few at night, peaks at noon and in the evening. */
const hours = sql`[7,7,8,8,8,9,9,10,10,11,11,12,12,12,12,13,13,14,15,16,17,17,18,18,19,19,20,20,20,20,21,21,21,22,22,23,0,6]`

/**
 * App sessions with what is done in them. How often a customer comes follows from four kinds: daily, weekly, monthly and
 * asleep (nothing in the last 60 days and more); weekends are quieter, the days after salary day busier.
 */
async function seedSessions(ch: ClickHouse, seed: WarehouseSeed): Promise<void> {
  const kind = chance(seed, 'kind', sql`c.customer_no`)
  const comes = chance(seed, 'session', sql`c.customer_no`, sql`d.number`)
  const hour = sql`arrayElement(${hours}, 1 + toUInt32(sipHash64(c.customer_no, d.number, 'hour') % 38))`
  const second = sql`toUInt32(sipHash64(c.customer_no, d.number, 'second') % 3300)`
  const day = sql`(toDate(${typed('String', seed.today)}) - toUInt32(d.number))`
  const zone = typed('String', seed.timeZone)
  const start = sql`toDateTime64(concat(toString(${day}), ' 00:00:00'), 3, ${zone}) + toIntervalSecond(${hour} * 3600 + ${second})`
  const rate = sql`multiIf(${kind} < 0.1, 0.72, ${kind} < 0.42, 0.19, ${kind} < 0.75, 0.05, if(d.number >= 65, 0.03, 0))`
  const rhythm = sql`(if(toDayOfWeek(${day}) >= 6, 0.8, 1.07) * if(toDayOfMonth(${day}) IN (10, 11, 15, 16), 1.15, 1))`
  await ch.command(
    sql`
    ${insertEvents}
    SELECT step.1, s.customer_id, ${msgOf(seed, sql`s.customer_no`, sql`s.day`, sql`step.3`)},
      s.started + toIntervalSecond(step.3 * 17), s.started + toIntervalSecond(step.3 * 17 + 2), 0, 'demo', step.2, 1, 0
    FROM (
      SELECT c.customer_id AS customer_id, c.customer_no AS customer_no, d.number AS day, ${start} AS started,
        sipHash64(c.customer_no, d.number, 'what') AS what, c.age AS age
      FROM ${customers} AS c CROSS JOIN numbers(${typed('UInt32', seed.days)}) AS d
      WHERE ${comes} < ${rate} * ${rhythm} AND c.state = 'active'
    ) AS s
    ARRAY JOIN arrayConcat(
      [('app_opened', map('version', if(s.what % 3 = 0, '9.1.0', '9.0.2'), 'space', if(s.age >= 65, '幸福生活版', '标准版')), 0),
       ('logged_in', map('method', arrayElement(['fingerprint', 'face', 'password_free'], 1 + s.what % 3)), 1),
       ('page_viewed', map('page', 'home', 'space', 'main'), 2)],
      if(s.what % 10 < 7, [('page_viewed', map('page', 'account', 'space', 'main'), 3)], []),
      if(s.what % 100 < 22, [('page_viewed', map('page', 'wealth', 'space', 'main'), 4), ('page_viewed', map('page', 'product', 'product', concat('W', toString(s.what % 30))), 5)], []),
      if(s.what % 100 < 14, [('page_viewed', map('page', 'transfer', 'space', 'main'), 6),
        ('money_out', map('amount', toString(toDecimal64(10 + s.what % 4991, 2)), 'channel', 'app', 'counterparty_type', arrayElement(['person', 'merchant', 'own'], 1 + intDiv(s.what, 7) % 3)), 7)], []),
      if(s.what % 100 BETWEEN 30 AND 38, [('money_in', map('amount', toString(toDecimal64(50 + intDiv(s.what, 3) % 8000, 2)), 'channel', 'app', 'counterparty_type', arrayElement(['person', 'own'], 1 + intDiv(s.what, 7) % 2)), 11)], []),
      if(s.what % 500 = 40, [('money_out', map('amount', toString(toDecimal64(50000 + intDiv(s.what, 5) % 200000, 2)), 'channel', 'app', 'counterparty_type', 'own'), 12)], []),
      if(s.what % 50 = 45, [('slot_exposed', map('slot', 'home_top', 'placement', 'house', 'content', 'safety'), 13)], []),
      if(s.what % 500 = 45, [('slot_closed', map('slot', 'home_top', 'placement', 'house', 'content', 'safety'), 14)], []),
      if(s.what % 1000 >= 991, [('product_purchased', map('product', concat('W', toString(s.what % 30)), 'family', arrayElement(['wealth', 'fund', 'time_deposit'], 1 + intDiv(s.what, 11) % 3), 'amount', toString(toDecimal64(1000 * (1 + s.what % 50), 2))), 8)], []),
      if(s.what % 1000 = 7, [('flow_started', map('flow', 'account_opening'), 9), ('flow_abandoned', map('flow', 'account_opening', 'step', 'identity'), 10)], [])
    ) AS step
    WHERE s.started + toIntervalSecond(step.3 * 17) <= fromUnixTimestamp64Milli(${typed('Int64', seed.nowMs)})`,
    { lane: 'jobs' },
  )
}

/** Salaries on the 10th or the 15th of each month, for those whose employer pays through the bank. */
async function seedSalaries(ch: ClickHouse, seed: WarehouseSeed): Promise<void> {
  const day = sql`(toDate(${typed('String', seed.today)}) - toUInt32(d.number))`
  const zone = typed('String', seed.timeZone)
  const at = sql`toDateTime64(concat(toString(${day}), ' 09:30:00'), 3, ${zone}) + toIntervalSecond(sipHash64(c.customer_no) % 7200)`
  await ch.command(
    sql`
    ${insertEvents}
    SELECT 'salary_received', c.customer_id, ${msgOf(seed, sql`c.customer_no`, sql`d.number`, sql`'salary'`)}, ${at}, ${at}, 0, 'demo',
      map('amount', toString(toDecimal64(3500 + sipHash64(c.customer_no, 'pay') % 16500, 2)), 'channel', 'batch'), 1, 0
    FROM ${customers} AS c CROSS JOIN numbers(${typed('UInt32', seed.days)}) AS d
    WHERE c.payroll AND c.state = 'active' AND toDayOfMonth(${day}) = if(sipHash64(c.customer_no) % 2 = 0, 10, 15)
      AND ${at} <= fromUnixTimestamp64Milli(${typed('Int64', seed.nowMs)})`,
    { lane: 'jobs' },
  )
}

/** What the attributes say as events, too: when the account was opened and when the risk was assessed last. */
async function seedMilestones(ch: ClickHouse, seed: WarehouseSeed): Promise<void> {
  const zone = typed('String', seed.timeZone)
  const at = (day: Sql) => sql`toDateTime64(concat(toString(${day}), ' 10:00:00'), 3, ${zone})`
  await ch.command(
    sql`
    ${insertEvents}
    SELECT step.1, c.customer_id, ${msgOf(seed, sql`c.customer_no`, sql`step.1`)}, ${at(sql`step.2`)}, ${at(sql`step.2`)}, 0, 'demo', step.3, 1, 0
    FROM ${customers} AS c
    ARRAY JOIN [('account_opened', c.opened, map('channel', 'outlet')),
      ('risk_assessed', c.assessed, map('risk_level', c.risk_level, 'expires_at', toString(c.assessed + 365)))] AS step
    WHERE ${at(sql`step.2`)} <= fromUnixTimestamp64Milli(${typed('Int64', seed.nowMs)})`,
    { lane: 'jobs' },
  )
}

/** Ninety days of what customers did, about sixty events each. */
export async function seedEvents(ch: ClickHouse, seed: WarehouseSeed): Promise<number> {
  await seedSessions(ch, seed)
  await seedMilestones(ch, seed)
  await seedSalaries(ch, seed)
  await seedFlowEvents(ch, seed)
  const row = await ch.first<{ events: string }>(
    sql`SELECT count() AS events FROM event AS e WHERE e.source = 'demo'`,
  )
  return Number(row?.events ?? 0)
}
