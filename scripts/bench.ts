import { parseArgs } from 'node:util'
import { benchImport } from './bench/bench-import.ts'
import { benchIngest } from './bench/bench-ingest.ts'
import { benchInsight } from './bench/bench-insight.ts'
import { benchSegments } from './bench/bench-segments.ts'
import { benchStream } from './bench/bench-stream.ts'
import { benchTags } from './bench/bench-tags.ts'
import type { BenchOptions, Measure } from './bench/measure.ts'

const benches: { readonly [name: string]: (options: BenchOptions) => Promise<Measure[]> } = {
  ingest: benchIngest,
  segments: benchSegments,
  import: benchImport,
  insight: benchInsight,
  tags: benchTags,
  stream: benchStream,
}

const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '10' }, scale: { type: 'string', default: '1' } },
})
const unknown = wanted.filter((name) => !(name in benches))
if (unknown.length) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`)
  process.exit(2)
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length && !wanted.includes(name)) continue
  const options = { seconds: Number(values.seconds), scale: Number(values.scale) }
  for (const measure of await run(options)) console.log(JSON.stringify(measure))
}
process.exit(0)
