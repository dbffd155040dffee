import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { parseMapping } from '#features/imports/server/index.ts'
import { sql } from '#platform/common/sql.ts'
import { openBenchApp } from './bench-app.ts'
import { type Measure, rounded, timed } from './measure.ts'

const rows = 200_000
const jobs = ['worker', 'teacher', 'engineer', 'doctor', 'retired']

const rowOf = (nth: number): string[] => [
  `B${String(nth).padStart(9, '0')}`,
  'O1',
  String(18 + (nth % 70)),
  jobs[nth % jobs.length] ?? '',
  nth % 2 ? 'true' : 'false',
  `C${1 + (nth % 5)}`,
]

const mapping = {
  name: 'bench',
  format: { delimiter: ',' },
  files: [
    {
      match: '*.csv',
      steps: [
        {
          into: 'customers',
          customerNo: 'no',
          org: 'org',
          attributes: { age: 'age', job: 'job', payroll: 'payroll', risk: 'risk' },
        },
      ],
    },
  ],
}

async function writeCsv(path: string): Promise<void> {
  const file = createWriteStream(path)
  file.write('no,org,age,job,payroll,risk\n')
  for (let nth = 0; nth < rows; nth += 1000) {
    const lines = Array.from({ length: 1000 }, (_, offset) => `${rowOf(nth + offset).join(',')}\n`)
    if (!file.write(lines.join(''))) await new Promise<void>((resolve) => file.once('drain', () => resolve()))
  }
  file.end()
  await finished(file)
}

/** import.rows: a CSV of customers with four attributes, against PostgreSQL's own COPY of the same cells. */
export async function benchImport(): Promise<Measure[]> {
  const bench = await openBenchApp()
  try {
    const { pg, imports } = bench.app.parts
    const path = join(bench.dir, 'customers.csv')
    await writeCsv(path)
    await pg.execute(
      sql`CREATE TABLE raw_customer (no text PRIMARY KEY, org text, age text, job text, payroll text, risk text)`,
    )
    const cells = function* () {
      for (let nth = 0; nth < rows; nth += 1) yield rowOf(nth)
    }
    const rawMs = await timed(() =>
      pg.copyIn('raw_customer', ['no', 'org', 'age', 'job', 'payroll', 'risk'], cells()),
    )
    const ms = await timed(() =>
      imports.run({ mapping: parseMapping(mapping, 'bench'), files: [path], actor: 'bench' }),
    )
    const value = (rows * 1000) / ms
    return [
      {
        name: 'import.rows',
        value: rounded(value),
        unit: 'rows/s',
        ratio: rounded(rawMs / ms),
        of: 'COPY of the same cells',
      },
    ]
  } finally {
    await bench.close()
  }
}
