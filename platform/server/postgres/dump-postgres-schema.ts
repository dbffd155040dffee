import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from './postgres.ts'

type Named = { schema: string; name: string }
type Column = {
  name: string
  type: string
  required: boolean
  value: string | null
  collation: string | null
  identity: '' | 'a' | 'd'
  generated: '' | 's' | 'v'
}
type Table = Named & {
  partition_of: string | null
  bound: string | null
  partition_key: string | null
  columns: Column[]
}
type Definition = { definition: string }
type View = Named & Definition & { materialized: boolean }
type Sequence = Named & { type: string; start: string; step: string }

// The queue's schema is its library's, which migrates it itself.
const ours = (schemaColumn: Sql, catalogue: string, id: Sql): Sql => sql`
  ${schemaColumn} !~ '^pg_' AND ${schemaColumn} NOT IN ('information_schema', 'graphile_worker')
  AND NOT EXISTS (
    SELECT 1 FROM pg_depend AS d
    WHERE d.classid = ${catalogue}::regclass AND d.objid = ${id} AND d.deptype = 'e')`

const sequences = sql`
  SELECT n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type,
    s.seqstart::text AS start, s.seqincrement::text AS step
  FROM pg_sequence AS s JOIN pg_class AS c ON c.oid = s.seqrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE ${ours(sql`n.nspname`, 'pg_class', sql`c.oid`)}
    AND NOT EXISTS (
      SELECT 1 FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')`

const types = sql`
  SELECT n.nspname AS schema, t.typname AS name,
    CASE t.typtype
      WHEN 'e' THEN 'ENUM (' || (
        SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_enum AS e WHERE e.enumtypid = t.oid) || ')'
      ELSE 'DOMAIN ' || format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || t.typdefault, '') || coalesce((
        SELECT string_agg(' ' || pg_get_constraintdef(k.oid), '' ORDER BY k.conname COLLATE "C")
        FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c'), '')
    END AS definition
  FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typtype IN ('e', 'd') AND ${ours(sql`n.nspname`, 'pg_type', sql`t.oid`)}`

const tables = sql`
  SELECT n.nspname AS schema, c.relname AS name,
    (SELECT i.inhparent::regclass::text FROM pg_inherits AS i WHERE i.inhrelid = c.oid LIMIT 1) AS partition_of,
    pg_get_expr(c.relpartbound, c.oid) AS bound,
    pg_get_partkeydef(c.oid) AS partition_key,
    coalesce((
      SELECT json_agg(json_build_object(
        'name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull,
        'value', pg_get_expr(v.adbin, v.adrelid), 'identity', a.attidentity, 'generated', a.attgenerated,
        'collation', CASE WHEN a.attcollation <> y.typcollation THEN quote_ident(l.collname) END
        ) ORDER BY a.attnum)
      FROM pg_attribute AS a
      JOIN pg_type AS y ON y.oid = a.atttypid
      LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
      LEFT JOIN pg_attrdef AS v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND ${ours(sql`n.nspname`, 'pg_class', sql`c.oid`)}`

// From 18 on NOT NULL has rows of its own here; the columns tell it already. A trigger constraint is dumped as a trigger.
const constraints = sql`
  SELECT n.nspname AS schema, c.relname || '.' || k.conname AS name,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s;', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
      AS definition
  FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0
    AND ${ours(sql`n.nspname`, 'pg_class', sql`c.oid`)}`

const indexes = sql`
  SELECT n.nspname AS schema, c.relname AS name, pg_get_indexdef(c.oid) || ';' AS definition
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
    AND ${ours(sql`n.nspname`, 'pg_class', sql`i.indrelid`)}`

const functions = sql`
  SELECT n.nspname AS schema, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
    trim(trailing E'\n' FROM pg_get_functiondef(p.oid)) || ';' AS definition
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('f', 'p') AND ${ours(sql`n.nspname`, 'pg_proc', sql`p.oid`)}`

const triggers = sql`
  SELECT n.nspname AS schema, c.relname || '.' || t.tgname AS name, pg_get_triggerdef(t.oid) || ';' AS definition
  FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${ours(sql`n.nspname`, 'pg_class', sql`c.oid`)}`

const views = sql`
  SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'm' AS materialized,
    pg_get_viewdef(c.oid, true) AS definition
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm') AND ${ours(sql`n.nspname`, 'pg_class', sql`c.oid`)}`

const extensions = sql`
  SELECT '' AS schema, e.extname AS name, format('CREATE EXTENSION %I;', e.extname) AS definition
  FROM pg_extension AS e WHERE e.extname <> 'plpgsql'`

const label = ({ schema, name }: Named): string => (schema === 'public' ? name : `${schema}.${name}`)

const columnText = ({ name, type, required, value, collation, identity, generated }: Column): string =>
  [
    `  ${name} ${type}`,
    collation && `COLLATE ${collation}`,
    generated && `GENERATED ALWAYS AS (${value})${generated === 's' ? ' STORED' : ''}`,
    identity && `GENERATED ${identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY`,
    value !== null && !generated && `DEFAULT ${value}`,
    required && 'NOT NULL',
  ]
    .filter(Boolean)
    .join(' ')

const tableText = (table: Table): string => {
  const columns = table.columns.map(columnText).join(',\n')
  const parent = table.partition_of
    ? ` PARTITION OF ${table.partition_of} ${table.bound ?? ''}`.trimEnd()
    : ''
  const key = table.partition_key ? ` PARTITION BY ${table.partition_key}` : ''
  return `CREATE TABLE ${label(table)}${parent} (\n${columns}\n)${key};`
}

/** Up to 15 a view over one relation names it before each column, from 16 on it does not: never name it. */
const unqualify = (definition: string): string => {
  const single = /\n {3}FROM (?:[\w.]+\.)?(\w+)(?: (\w+))?(?=;|\n {2}\w|$)/.exec(definition)
  const alias = single?.[2] ?? single?.[1]
  if (alias === undefined) return definition
  // Quoted text is matched first so that it stays as it is.
  return definition.replace(new RegExp(`'(?:[^']|'')*'|(?<![\\w.])${alias}\\.`, 'g'), (found) =>
    found.startsWith("'") ? found : '',
  )
}

const viewText = (view: View): string =>
  `CREATE ${view.materialized ? 'MATERIALIZED ' : ''}VIEW ${label(view)} AS\n${unqualify(view.definition.trim())}`

const sequenceText = (sequence: Sequence): string =>
  `CREATE SEQUENCE ${label(sequence)} AS ${sequence.type} START ${sequence.start} INCREMENT ${sequence.step};`

/** The dump is by name, in an order that no server's collation changes. */
const byName = (left: Named, right: Named): number => {
  const [a, b] = [label(left), label(right)]
  return a < b ? -1 : a > b ? 1 : 0
}

/** Writes a database's schema as text from its catalogue: the same on every server version from 15 on. */
export async function dumpPostgresSchema(runner: PgRunner): Promise<string> {
  const section = async <R extends Named>(query: Sql, text: (row: R) => string): Promise<string[]> =>
    (await runner.query<R>(query)).sort(byName).map(text)
  const asDefined = (row: Named & Definition) => row.definition
  const asType = (row: Named & Definition) =>
    row.definition.startsWith('ENUM')
      ? `CREATE TYPE ${label(row)} AS ${row.definition};`
      : `CREATE DOMAIN ${label(row)} AS ${row.definition.slice('DOMAIN '.length)};`
  const parts = [
    await section(extensions, asDefined),
    await section(types, asType),
    await section(sequences, sequenceText),
    await section(tables, tableText),
    await section(constraints, asDefined),
    await section(indexes, asDefined),
    await section(functions, asDefined),
    await section(triggers, asDefined),
    await section(views, viewText),
  ]
  return `${parts.flat().join('\n\n')}\n`
}
