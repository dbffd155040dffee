import { type Sql, sql, typed } from '#platform/common/sql.ts'

/** Numbers by their bits: as text they could be read back one digit off. */
export const floats = (values: readonly number[]): Sql => {
  const bits = new BigUint64Array(new Float64Array(values).buffer)
  return sql`arrayMap(bits -> reinterpretAsFloat64(toUInt64(bits)), ${typed('Array(String)', [...bits].map(String))})`
}
