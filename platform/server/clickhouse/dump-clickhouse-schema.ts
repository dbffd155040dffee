import { sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from './clickhouse.ts'

type Created = { name: string; statement: string }

/** Settings in alphabetical order; `index_granularity = 8192` is written out by the engine and is its default. */
const normaliseSettings = (list: string): string => {
  const settings = list
    .split(/,\s*(?=[a-z_]+ = )/)
    .map((setting) => setting.trim())
    .filter((setting) => setting !== 'index_granularity = 8192')
    .sort()
  return settings.length === 0 ? '' : `\nSETTINGS ${settings.join(', ')}`
}

const normalise = (statement: string, database: string): string => {
  const text = statement
    .replaceAll(`${database}.`, '')
    .replaceAll(`\`${database}\`.`, '')
    .replace(/ UUID '[0-9a-f-]{36}'/g, '')
  const found = /\s+SETTINGS ([^\n]*)(?=\n|$)/.exec(text)
  if (!found) return text.trim()
  const before = text.slice(0, found.index)
  const after = text.slice(found.index + found[0].length)
  return `${before}${normaliseSettings(found[1]!)}${after}`.trim()
}

/** The schema as SQL text, the same for the same migrations on either engine: committed, and compared by CI. */
export async function dumpClickHouseSchema(ch: ClickHouse): Promise<string> {
  const tables = await ch.query<Created>(sql`
    SELECT t.name AS name, formatQuery(t.create_table_query) AS statement FROM system.tables AS t
    WHERE t.database = ${typed('String', ch.database)} AND NOT startsWith(t.name, '.inner')
    ORDER BY t.name`)
  return tables.map((table) => `${normalise(table.statement, ch.database)};\n`).join('\n')
}
