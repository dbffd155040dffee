import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { tableKey } from './table-keys.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (folder: string, ending: string) =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !/node_modules|(test|testing)\.ts$/.test(path))
    .map((path) => ({ path, text: readFileSync(`${root}/${folder}/${path}`, 'utf8') }))

/** Tables of the warehouse that don't lie by customer; PostgreSQL has one of the same name, where joins are free. */
const alsoInPostgres = ['visitor_binding']
const apart = read('db/clickhouse', '.sql').flatMap(({ text }) =>
  [...text.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)[\s\S]*?ORDER BY \(?([\w, ]+)/g)].flatMap((found) => {
    const [, name = '', sortingKey = ''] = found
    const { kind } = tableKey({ name, sortingKey, columns: [] }, { chunkBits: 20, slots: [0] })
    return kind === 'slot' && !name.endsWith('_next') && !alsoInPostgres.includes(name) ? [name] : []
  }),
)

/** Statements that bring a table which lies elsewhere together with another, within one shard. */
function findMixed(text: string): string[] {
  const names = `(?:${apart.join('|')})\\b`
  return [
    new RegExp(`\\bJOIN\\s+${names}`, 'g'),
    new RegExp(`\\bJOIN\\s+\\(\\s*SELECT\\b[^()]*?\\bFROM\\s+${names}`, 'g'),
    new RegExp(`\\bIN\\s*\\(\\s*SELECT\\b[^()]*?\\bFROM\\s+${names}`, 'g'),
    new RegExp(`\\bFROM\\s+${names}[^()\`]*?\\bJOIN\\s+[a-z]`, 'g'),
    new RegExp(`\\bFROM\\s+${names}[^()\`]*?\\bIN\\s*\\(\\s*SELECT\\b`, 'g'),
  ].flatMap((pattern) => [...text.matchAll(pattern)].map(([found]) => found))
}

test('the tables that lie apart are known', () =>
  expect(apart.sort()).toEqual(['event_anonymous', 'event_reject', 'ingest_rate', 'message_first_receipt']))

test.each([
  'SELECT 1 FROM event AS e JOIN event_anonymous AS a ON a.msg = e.msg',
  'SELECT 1 FROM event AS e WHERE e.msg IN (SELECT a.msg FROM event_anonymous AS a)',
  'SELECT 1 FROM event_anonymous AS a INNER JOIN customer AS c ON c.customer_id = 1',
  'SELECT 1 FROM event_reject AS r WHERE r.source IN (SELECT e.source FROM event AS e)',
  'SELECT 1 FROM event AS e JOIN (SELECT a.msg FROM event_anonymous AS a) AS x ON x.msg = e.msg',
])('finds: %s', (text) => expect(findMixed(text)).toHaveLength(1))

test('no statement brings together tables that lie apart: on a cluster rows would silently be missing', () => {
  const files = ['features', 'platform', 'apps'].flatMap((folder) => read(folder, '.ts'))
  expect(files.length).toBeGreaterThan(200)
  expect(files.flatMap(({ path, text }) => findMixed(text).map((found) => `${path}: ${found}`))).toEqual([])
})
