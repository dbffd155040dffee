import type { ConsentInput, Customers, DoNotContactInput } from '#features/customers/server/index.ts'
import {
  createRandom,
  demoCustomers,
  demoManagers,
  demoOrgUnits,
  demoRmsPerOutlet,
  demoUsers,
} from '#features/demo/server/demo-people.ts'
import { seedBalances, seedEvents, type WarehouseSeed } from '#features/demo/server/demo-warehouse.ts'
import { hashPassword, type Org } from '#features/org/server/index.ts'
import { bankDay } from '#platform/common/bank-day.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type DemoDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  org: Org
  customers: Customers
  log: (line: string) => void
}

export type DemoOptions = { customers: number; seed: number; days: number }

const batchSize = 10_000

/** Org units, demo users and relationship managers; gives the outlets with their managers, in a fixed order. */
async function seedPeople(deps: DemoDeps, options: DemoOptions) {
  const { pg, org, clock, timeZone } = deps
  const day = bankDay(new Date(clock.now().getTime() - 10 * 365 * 86_400_000), timeZone)
  const units = demoOrgUnits()
  const managers = demoManagers(options.seed).filter((person) => person.staffNo !== 'D-rm')
  const users = demoUsers(await hashPassword('demo'))
  return pg.transaction(async (tx) => {
    const orgIds = await org.tree.upsertMany(tx, units, day)
    const staffIds = await org.staff.upsertMany(tx, users, { day, isDemo: true })
    const managerIds = await org.staff.upsertMany(tx, managers, { day, isDemo: true })
    const outlets = units.filter((unit) => unit.kind === 'outlet')
    const rmOf = (code: string) =>
      Array.from(
        { length: demoRmsPerOutlet },
        (_, nth) => managerIds.get(`RM-${code}-${nth + 1}`) ?? staffIds.get('D-rm') ?? 0,
      )
    return {
      outletOrgIds: outlets.map((unit) => orgIds.get(unit.code) ?? 0),
      rmStaffIds: outlets.map((unit) => rmOf(unit.code)),
    }
  })
}

/** Consent as in life: most agreed once, some never were asked, some took it back; a few asked never to be called. */
function choicesOf(
  customerIds: readonly number[],
  seed: number,
  now: Date,
): { consents: ConsentInput[]; refusals: DoNotContactInput[] } {
  const consents: ConsentInput[] = []
  const refusals: DoNotContactInput[] = []
  for (const customerId of customerIds) {
    const random = createRandom(seed + customerId * 104_729)
    const share = random()
    const at = new Date(now.getTime() - (30 + Math.floor(random() * 700)) * 86_400_000)
    if (share < 0.8) {
      consents.push({
        customerId,
        purpose: 'marketing',
        isGranted: share < 0.72,
        version: '2026-01',
        channel: 'app',
        at,
      })
    }
    if (random() < 0.01) refusals.push({ customerId, reason: '客户要求', at })
  }
  return { consents, refusals }
}

async function seedCustomers(deps: DemoDeps, options: DemoOptions): Promise<void> {
  const { pg, customers, clock, timeZone } = deps
  const { outletOrgIds, rmStaffIds } = await seedPeople(deps, options)
  const now = clock.now()
  const today = bankDay(now, timeZone)
  for (let from = 0; from < options.customers; from += batchSize) {
    const to = Math.min(options.customers, from + batchSize)
    const rows = demoCustomers({ seed: options.seed, from, to, outletOrgIds, rmStaffIds, today })
    await pg.transaction(async (tx) => {
      const ids = await customers.upsertCustomers(tx, rows)
      const { consents, refusals } = choicesOf(ids, options.seed, now)
      await customers.setConsents(tx, consents)
      await customers.setDoNotContact(tx, refusals)
    })
  }
  await customers.syncCustomers()
}

/** Whether there is nothing in the engines yet, so that a demo bank may be seeded. */
export async function isDemoWanted(pg: Postgres): Promise<boolean> {
  const row = await pg.first<{ is_empty: boolean }>(
    sql`SELECT NOT EXISTS (SELECT 1 FROM org_unit) AS is_empty`,
  )
  return row?.is_empty === true
}

export async function isDemoBank(pg: Postgres): Promise<boolean> {
  return (await pg.first(sql`SELECT 1 FROM installation AS i WHERE i.key = 'demo'`)) !== undefined
}

/** Seeds the demo bank: the same seed, size and day give the same bank. */
export async function seedDemoBank(
  deps: DemoDeps,
  options: DemoOptions,
  define: () => Promise<void>,
): Promise<{ customers: number; events: number }> {
  const { pg, ch, clock, timeZone, log } = deps
  const now = clock.now()
  const warehouse: WarehouseSeed = {
    seed: options.seed,
    today: bankDay(now, timeZone),
    nowMs: now.getTime(),
    timeZone,
    days: options.days,
  }
  log(`Seeding the demo bank: ${options.customers.toLocaleString('en')} customers …`)
  await seedCustomers(deps, options)
  log('  balances and 90 days of events …')
  await seedBalances(ch, warehouse)
  const events = await seedEvents(ch, warehouse)
  log(`  ${events.toLocaleString('en')} events; tags, segments and campaigns …`)
  await define()
  await pg.execute(sql`INSERT INTO installation (key, value) VALUES ('demo', 'true')`)
  return { customers: options.customers, events }
}
