import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import { createJobPresence } from '#platform/server/job-presence.ts'
import { createJobs } from '#platform/server/jobs.ts'
import { createTestDatabase } from '#platform/server/postgres/postgres-testing.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop(), 10_000)

test('one of several is the leader; when it goes, the next one is', async () => {
  const { pg } = database
  const jobs = createJobs({ pg, clock: systemClock, log: () => {} })
  await jobs.migrate()
  const [one, two] = [0, 1].map(() => createJobPresence({ pg }))
  expect([await one?.beat(), await two?.beat(), await one?.beat()]).toEqual([true, false, true])
  one?.stop()
  await expect.poll(() => two?.beat(), { timeout: 10_000 }).toBe(true)
  two?.stop()
})

test('jobs of a dead worker are given back at once, those of a living one are not', async () => {
  const { pg } = database
  const [living, watching] = [0, 1].map(() => createJobPresence({ pg }))
  await living?.beat()
  await living?.hold('living')
  const lock = async (worker: string) => {
    await pg.execute(sql`SELECT graphile_worker.add_job('nothing')`)
    await pg.execute(sql`
      UPDATE graphile_worker._private_jobs AS j SET locked_by = ${worker}, locked_at = now() - interval '1 minute' WHERE j.locked_by IS NULL`)
  }
  await lock('living')
  await lock('dead')
  await watching?.beat()
  const locked = await pg.query(sql`
    SELECT j.locked_by FROM graphile_worker._private_jobs AS j WHERE j.locked_by IS NOT NULL`)
  expect(locked).toEqual([{ locked_by: 'living' }])
  living?.stop()
  watching?.stop()
  await pg.execute(sql`DELETE FROM graphile_worker._private_jobs`)
})

test('two processes run each job once, and nobody takes back what they hold', async () => {
  const { pg } = database
  const ran: string[] = []
  const make = () => {
    const jobs = createJobs({ pg, clock: systemClock, log: () => {} })
    jobs.define('count', async (input) => {
      // A job that lasts longer than the moment a new pool is given.
      if (ran.length === 0) {
        await pg.execute(sql`UPDATE graphile_worker._private_jobs AS j SET locked_at = now() - interval '1 minute'
          WHERE j.locked_by IS NOT NULL`)
        const watching = createJobPresence({ pg })
        await watching.beat()
        watching.stop()
      }
      ran.push((input as { nth: string }).nth)
    })
    return jobs
  }
  const [one, two] = [make(), make()]
  await Promise.all([one.start(), two.start()])
  const ids = await Promise.all(
    Array.from({ length: 30 }, (_, nth) => one.enqueue('count', { nth: String(nth) }, 'test')),
  )
  await expect
    .poll(
      async () => (await Promise.all(ids.map((id) => one.get(id)))).every((job) => job.state === 'done'),
      { timeout: 20_000 },
    )
    .toBe(true)
  expect(ran.sort()).toEqual(Array.from({ length: 30 }, (_, nth) => String(nth)).sort())
  await Promise.all([one.stop(), two.stop()])
})
