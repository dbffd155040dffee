import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { openTestImports } from './imports-testing.ts'
test('perf', async () => {
  const bank = await openTestImports()
  const n = Number(process.env.N ?? 100000)
  let t = 'no,age,job,city,segment\n'
  for (let i = 0; i < n; i++) t += `P-${i},${20 + (i % 60)},job${i % 12},city${i % 300},s${i % 5}\n`
  const path = join(bank.folder, 'c.csv')
  writeFileSync(path, t)
  const times: Record<string, number> = {}
  const wrap = (o: Record<string, unknown>, names: string[]) => {
    for (const k of names) {
      const f = o[k] as (...a: unknown[]) => Promise<unknown>
      o[k] = async (...a: unknown[]) => { const s = performance.now(); try { return await f.apply(o, a) } finally { times[k] = (times[k] ?? 0) + performance.now() - s } }
    }
  }
  wrap(bank.customers as unknown as Record<string, unknown>, ['upsertCustomers', 'syncCustomers', 'mergeAttributes'])
  wrap(bank.ch as unknown as Record<string, unknown>, ['insertBinary', 'insertRows'])
  const c0 = process.cpuUsage()
  const s = performance.now()
  await bank.run({ name: 'perf', files: [{ match: '*', steps: [{ into: 'customers', customerNo: 'no', attributes: { age: 'age', job: 'job', city: 'city', segment: 'segment' } }] }] }, [path])
  const ms = performance.now() - s
  const c = process.cpuUsage(c0)
  console.log(n, 'rows', Math.round(ms), 'ms', Math.round(n / ms * 1000), 'rows/s; node cpu', Math.round((c.user + c.system) / 1000), times)
  await bank.close()
})
