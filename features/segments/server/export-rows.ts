import type { Customers } from '#features/customers/server/index.ts'
import { tagRowsSql } from '#features/rules/server/index.ts'
import { csvLine } from '#features/segments/common/csv.ts'
import type { ExportColumn, ExportField } from '#features/segments/common/segment-export.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { joinSql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

export type ExportTag = {
  key: string
  name: { zh: string; en: string }
  refreshId: number
  hasRecent: boolean
}
type Language = 'zh' | 'en'

const titles: { readonly [F in ExportField]: { readonly [L in Language]: string } } = {
  customerNo: { zh: '客户号', en: 'Customer no.' },
  name: { zh: '姓名（脱敏）', en: 'Name (masked)' },
  org: { zh: '机构', en: 'Org unit' },
  rm: { zh: '客户经理', en: 'RM' },
  aum: { zh: 'AUM（元）', en: 'AUM (CNY)' },
}
const mark = { zh: '导出水印', en: 'Export mark' } as const

const tagOf = (column: ExportColumn): string | undefined =>
  column.startsWith('tag:') ? column.slice(4) : undefined

/** The first line. */
export const headerLine = (
  columns: readonly ExportColumn[],
  tags: ReadonlyMap<string, ExportTag>,
  language: Language,
): string =>
  csvLine([
    ...columns.map((column) => {
      const key = tagOf(column)
      return key === undefined
        ? titles[column as ExportField][language]
        : (tags.get(key)?.name[language] ?? key)
    }),
    mark[language],
  ])

/** Values of tags of some customers, by tag and customer. */
async function tagValues(
  ch: ClickHouse,
  tags: readonly ExportTag[],
  ids: readonly number[],
): Promise<Map<string, string>> {
  if (tags.length === 0) return new Map()
  const chosen = typed('Array(UInt32)', ids)
  const parts = tags.map(
    (tag) => sql`
      SELECT ${typed('String', tag.key)} AS tag, r.customer_id AS customer_id, r.value AS value
      FROM (${tagRowsSql(tag)}) AS r WHERE r.customer_id IN ${chosen}`,
  )
  const rows = await ch.query<{ tag: string; customer_id: number; value: string }>(
    joinSql(parts, sql` UNION ALL `),
    { lane: 'jobs' },
  )
  return new Map(rows.map((row) => [`${row.tag} ${row.customer_id}`, row.value]))
}

type Input = {
  ch: ClickHouse
  customers: Pick<Customers, 'names' | 'aum'>
  scope: OrgScope
  columns: readonly ExportColumn[]
  tags: ReadonlyMap<string, ExportTag>
  /** Who took the file and which one it is: on every line, so that a part of it still says so. */
  watermark: string
}

/** The lines of some customers, of those still in scope; gives how many. */
export async function exportLines(
  input: Input,
  ids: readonly number[],
): Promise<{ text: string; count: number }> {
  const { columns, customers } = input
  const [names, aum, values] = await Promise.all([
    customers.names(input.scope, ids),
    columns.includes('aum') ? customers.aum(ids) : new Map<number, string>(),
    tagValues(input.ch, [...input.tags.values()], ids),
  ])
  const lines = ids.flatMap((id) => {
    const known = names.get(id)
    if (!known) return []
    const cells: { readonly [F in ExportField]: string | null } = {
      customerNo: known.customerNo,
      name: known.name,
      org: known.orgName,
      rm: known.rmName,
      aum: aum.get(id) ?? null,
    }
    const cellOf = (column: ExportColumn) => {
      const key = tagOf(column)
      return key === undefined ? cells[column as ExportField] : values.get(`${key} ${id}`)
    }
    return csvLine([...columns.map(cellOf), input.watermark])
  })
  return { text: lines.join(''), count: lines.length }
}
