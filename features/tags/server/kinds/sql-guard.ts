import { sourceError } from '#features/tags/common/source-errors.ts'
import { isAllowedFunction } from '#features/tags/server/kinds/sql-functions.ts'
import { readSqlText } from '#features/tags/server/kinds/sql-text.ts'
import { AppError } from '#platform/common/errors.ts'
import { type Sql, sql, typed } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'

/** Tables about known customers; none holds an identifier in the clear. */
const tables = new Set([
  'customer',
  'event',
  'balance',
  'holding',
  'tag_value',
  'tag_recent',
  'tag_change',
  'segment_recent',
  'list_member',
  'campaign_member',
])

/** Parts of a statement that only read. */
const nodes = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'ExpressionList',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'TableExpression',
  'TableIdentifier',
  'TableJoin',
  'ArrayJoin',
  'Subquery',
  'Function',
  'Identifier',
  'Literal',
  'OrderByElement',
  'WithElement',
  'WindowDefinition',
  'WindowListElement',
  'Asterisk',
  'QualifiedAsterisk',
])

const refused = (detail: string) =>
  sourceError('TAG_SQL_REFUSED', { detail }, [
    { path: 'source.sql', code: 'TAG_SQL_REFUSED', message: detail },
  ])

const failed = (detail: string) =>
  sourceError('TAG_SQL_FAILED', { detail }, [{ path: 'source.sql', code: 'TAG_SQL_FAILED', message: detail }])

type Node = { depth: number; kind: string; name: string; parents: readonly Node[]; place: number }

/** The engine's own reading of a statement: one line a part, indented by depth. */
function readNodes(lines: readonly string[]): Node[] {
  const open: { node: Node; children: number }[] = []
  return lines.map((line) => {
    const depth = line.length - line.trimStart().length
    const [kind = '', name = ''] = line.trim().split(' ')
    while (open.length > 0 && (open.at(-1)?.node.depth ?? -1) >= depth) open.pop()
    const parent = open.at(-1)
    const node: Node = {
      depth,
      kind,
      name,
      parents: open.map((one) => one.node),
      place: parent?.children ?? 0,
    }
    if (parent) parent.children += 1
    open.push({ node, children: 0 })
    return node
  })
}

/** Names of tables may stand on the right of IN without looking like one. */
function isTableBehindIn(node: Node): boolean {
  const [list, call] = [node.parents.at(-1), node.parents.at(-2)]
  const isIn = call?.kind === 'Function' && /^(?:global)?(?:not)?(?:null)?in$/i.test(call.name)
  return isIn && list?.kind === 'ExpressionList' && node.place === 1 && /Identifier$/.test(node.kind)
}

function checkNode(node: Node, named: ReadonlySet<string>): void {
  const parent = node.parents.at(-1)
  if (!nodes.has(node.kind)) throw refused(`${node.kind} is not allowed.`)
  if (isTableBehindIn(node)) throw refused(`IN ${node.name}: write IN (SELECT …).`)
  if (parent?.kind === 'TableExpression' && node.kind === 'Function')
    throw refused(`the table function ${node.name} is not allowed.`)
  if (node.kind === 'TableIdentifier' && !tables.has(node.name) && !named.has(node.name))
    throw refused(`the table ${node.name} is not allowed; there are ${[...tables].join(', ')}.`)
  if (node.kind === 'Function' && !isAllowedFunction(node.name))
    throw refused(`the function ${node.name} is not allowed.`)
}

const fixed = (text: string): Sql => ({ kind: 'sql', text: [text], values: [] })

/** What the engine refuses is the text's fault; that it cannot be reached is not. */
const asFailed = (error: unknown): unknown =>
  error instanceof AppError && error.code === 'CLICKHOUSE_FAILED' ? failed(error.message) : error

async function explain(ch: ClickHouse, text: string): Promise<string[]> {
  try {
    const rows = await ch.query<{ explain: string }>(fixed(`EXPLAIN AST ${text}`), {
      lane: 'jobs',
      maxExecutionMs: 5000,
    })
    return rows.map((row) => row.explain)
  } catch (error) {
    throw asFailed(error)
  }
}

/** A name that WITH gives is known only inside; outside it would be a table of ours. */
async function checkNamed(ch: ClickHouse, named: readonly string[]): Promise<void> {
  if (named.length === 0) return
  const [shard] = await ch.onEachShard((one) =>
    one.query<{ name: string }>(
      sql`SELECT t.name AS name FROM system.tables AS t
        WHERE t.database = ${typed('String', one.database)} AND t.name IN ${typed('Array(String)', named)}`,
      { lane: 'jobs' },
    ),
  )
  const taken = shard?.[0]?.name
  if (taken !== undefined) throw refused(`WITH ${taken} has the name of a table.`)
}

/**
 * Refuses everything but one SELECT over tables of customers that calls known functions, and gives it in a form that can stand
 * inside another. The text is cut into tokens first, so that what the engine parses here is all it will ever run.
 */
export async function guardSql(ch: ClickHouse, source: string): Promise<Sql> {
  const { text, named } = readSqlText(source)
  await checkNamed(ch, named)
  const lines = await explain(ch, text)
  const found = readNodes(lines)
  if (found[0]?.kind !== 'SelectWithUnionQuery') throw refused('it is not one SELECT.')
  const known = new Set(named)
  for (const node of found) checkNode(node, known)
  return fixed(text)
}

/** Tries a guarded SELECT without a row: its columns must be customer_id and value. */
export async function tryGuarded(ch: ClickHouse, guarded: Sql): Promise<void> {
  const probe = sql`
    SELECT toUInt32(q.customer_id) AS customer_id, CAST(q.value, 'Nullable(String)') AS value FROM (${guarded}) AS q LIMIT 0`
  try {
    await ch.query(probe, { lane: 'jobs', maxExecutionMs: 10_000 })
  } catch (error) {
    throw asFailed(error)
  }
}
