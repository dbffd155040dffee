import { parseArgs } from 'node:util'
import { benchImport } from './bench/bench-import.ts'
import { benchIngest } from './bench/bench-ingest.ts'
import { benchSegments } from './bench/bench-segments.ts'
import type { BenchOptions, Measure } from './bench/measure.ts'

const benches: { readonly [name: string]: (options: BenchOptions) => Promise<Measure[]> } = {
  ingest: benchIngest,
  segments: benchSegments,
  import: benchImport,
}

const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10' } },
})
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length && !wanted.includes(name)) continue
  for (const measure of await run({ seconds: Number(values.seconds) })) console.log(JSON.stringify(measure))
}
process.exit(0)
