import { expect, test } from 'vitest'
import { readSqlText } from '#features/tags/server/kinds/sql-text.ts'

test.each<[string, string]>([
  ['two statements', 'SELECT 1; DROP TABLE event'],
  ['a trailing semicolon', 'SELECT 1;'],
  ['no SELECT', 'INSERT INTO event SELECT 1'],
  ['settings', 'SELECT 1 AS customer_id, 2 AS value SETTINGS readonly = 0'],
  ['a format', 'SELECT 1 FORMAT Native'],
  ['an outfile', "SELECT 1 INTO OUTFILE '/tmp/x'"],
  ['explain', 'EXPLAIN SELECT 1'],
  ['explain inside', 'SELECT * FROM (EXPLAIN SELECT 1)'],
  ['a parameter', 'SELECT {p0:String}'],
  ['a quoted name', 'SELECT * FROM `event_anonymous`'],
  ['a name in double quotes', 'SELECT * FROM "event_anonymous"'],
  ['a heredoc', 'SELECT $a$ x $a$'],
  ['an open string', "SELECT 'x"],
  ['a hash comment', 'SELECT 1 # x'],
  ['a hidden semicolon', 'SELECT 1 --x\n; DROP TABLE event'],
  ['names of other letters', 'SELECT ａ'],
  ['columns transformers', 'SELECT * APPLY(sum) FROM event'],
])('refuses %s', (_name, text) => {
  expect(() => readSqlText(text)).toThrow(expect.objectContaining({ code: 'TAG_SQL_REFUSED' }))
})

test('comments fall away, strings stay as they are', () => {
  const { text, named } = readSqlText(
    "WITH big AS (SELECT 1) -- ; DROP\nSELECT 'a; -- \\' it''s /* no */' AS v /* FORMAT */ FROM big",
  )
  expect(text).toBe("WITH big AS ( SELECT 1 ) SELECT 'a; -- \\' it''s /* no */' AS v FROM big")
  expect(named).toEqual(['big'])
})
