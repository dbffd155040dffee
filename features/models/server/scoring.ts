import type { ModelInput, WeightsDefinition } from '#features/models/common/model.ts'
import { modelError } from '#features/models/common/model-errors.ts'
import { findApproved, readFile } from '#features/models/server/model-store.ts'
import { openOnnx } from '#features/models/server/onnx-session.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import { createRowBinaryWriter } from '#platform/server/clickhouse/row-binary.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** The version of a model that scores, as far as its users need to know it. */
export type ScoringModel =
  | { kind: 'linear' | 'logistic'; inputs: readonly ModelInput[]; definition: WeightsDefinition }
  | { kind: 'onnx'; inputs: readonly ModelInput[]; run: OnnxRun }

/** Scores customers given as rows (customer_id, x Array(Float64)) and writes rows (run_id, customer_id, value) to computed_row. */
export type OnnxRun = (ch: ClickHouse, features: Sql, runId: number) => Promise<void>

/** Batches of so many numbers are in memory at once. */
const numbersAtOnce = 1_000_000
const mostRows = 16_384

/** The version of a model that scores now, or undefined. */
export async function findScoringModel(pg: PgRunner, key: string): Promise<ScoringModel | undefined> {
  const row = await findApproved(pg, key)
  if (!row) return undefined
  const { definition, kind } = row
  if ('terms' in definition) {
    const inputs = definition.terms.map(({ weight: _, ...input }) => input)
    return { kind: kind === 'logistic' ? 'logistic' : 'linear', inputs, definition }
  }
  const run: OnnxRun = async (ch, features, runId) => {
    const file = await readFile(pg, key, row.version)
    if (!file) throw modelError('MODEL_FILE_MISSING', {})
    const session = await openOnnx(file, definition)
    try {
      await scoreAll({ ch, features, runId, width: definition.inputs.length, score: session.score })
    } finally {
      session.close()
    }
  }
  return { kind: 'onnx', inputs: definition.inputs, run }
}

type Scored = { customer_id: number; x: number[] }
const columns = [
  { name: 'run_id', type: 'UInt64' },
  { name: 'customer_id', type: 'UInt32' },
  { name: 'value', type: 'Nullable(String)' },
]

/** The one loop over customers there is: a model of others runs outside the engine. Batches bound its memory. */
async function scoreAll(work: {
  ch: ClickHouse
  features: Sql
  runId: number
  width: number
  score: (rows: number, data: Float64Array) => Promise<Float64Array>
}): Promise<void> {
  const { ch, features, runId, width, score } = work
  const settings = { max_block_size: Math.max(1, Math.min(mostRows, Math.floor(numbersAtOnce / width))) }
  const writer = createRowBinaryWriter()
  for await (const rows of ch.stream<Scored>(features, { lane: 'jobs', settings })) {
    const data = new Float64Array(rows.length * width)
    rows.forEach((row, at) => {
      data.set(row.x, at * width)
    })
    const scores = await score(rows.length, data)
    rows.forEach((row, at) => {
      const value = scores[at] ?? Number.NaN
      writer.uint64(BigInt(runId))
      writer.uint32(row.customer_id)
      writer.isNull(!Number.isFinite(value))
      if (Number.isFinite(value)) writer.string(String(value === 0 ? 0 : value))
    })
    await ch.insertBinary('computed_row', columns, writer.take(), { lane: 'load' })
  }
}

const floats = (values: readonly number[]): Sql => {
  const bits = new BigUint64Array(new Float64Array(values).buffer)
  return sql`arrayMap(bits -> reinterpretAsFloat64(toUInt64(bits)), ${typed('Array(String)', [...bits].map(String))})`
}

/** The score of a model of weights for a column `x` of its inputs: summed in the order of its terms, the same everywhere. */
export function weightsSql(
  kind: 'linear' | 'logistic',
  { intercept = 0, terms }: WeightsDefinition,
  x: Sql,
): Sql {
  const weights = floats(terms.map(({ weight }) => weight))
  const sum = sql`arrayFold((total, input, weight) -> total + input * weight, ${x}, ${weights}, ${floats([intercept])}[1])`
  return kind === 'linear' ? sum : sql`1 / (1 + exp(-(${sum})))`
}
