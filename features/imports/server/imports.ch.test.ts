import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestImports, type TestImports } from '#features/imports/server/imports-testing.ts'
import { sql, typed } from '#platform/common/sql.ts'

let bank: TestImports
beforeAll(async () => {
  bank = await openTestImports()
})
afterAll(() => bank?.close())

const customers = (fields: object = {}) => ({ into: 'customers', customerNo: 'no', ...fields })
const mapping = (name: string, steps: object[], more: object = {}) => ({
  name,
  files: [{ match: '*.csv', steps }],
  ...more,
})
const attributesOf = async (customerNo: string) =>
  (
    await bank.ch.first<{ attributes: Record<string, string> }>(
      sql`SELECT c.attributes AS attributes FROM customer AS c FINAL WHERE c.customer_no = ${typed('String', customerNo)}`,
    )
  )?.attributes

test('a Chinese bank: units, staff, customers with encrypted identities, balances, consents, links', async () => {
  const units = bank.file(
    'units.csv',
    '机构号,名称,级别,上级\nB1-1,人民广场支行,outlet,B1\nB1,上海分行,branch,ZH\nZH,总行,head_office,\n',
  )
  const staff = bank.file('staff.csv', '工号,姓名,机构\nS1,李经理,B1-1\nS2,王经理,B9\n')
  // 姓名 张三, 李四 in GB18030.
  const people = bank.file(
    'people.csv',
    Buffer.concat([
      Buffer.from('no,name,phone,org,rm,state,job\n'),
      Buffer.from('C1,'),
      Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]),
      Buffer.from(',13812341234,B1-1,S1,,"clerk, senior"\n'),
      Buffer.from('C2,'),
      Buffer.from([0xc0, 0xee, 0xcb, 0xc4]),
      Buffer.from(',13912341234,B1,,frozen,\n'),
      Buffer.from('C3,'),
      Buffer.from([0xc0, 0xee, 0xcb, 0xc4]),
      Buffer.from(',13712341234,B7,,,x\n'),
      Buffer.from('C4,,,ZH,S7,,x\nC5,,,ZH,,asleep,x\nC6,,,ZH,,,x,y\n'),
    ]),
  )
  const facts = bank.file(
    'facts.csv',
    'no,day,amount,agreed,of\nC1,20260101,"1.000,50",是,C2\nC2,20260101,"-3,2",否,C1\nC9,20260101,1,是,C1\nC1,20260101,1,是,C9\n',
  )
  const [unitFile, staffFile, peopleFile, factFile] = await bank.run(
    {
      name: 'chinese',
      headOffice: { code: 'HQ', name: '总部' },
      validFrom: '2020-01-01',
      files: [
        {
          match: 'units.csv',
          steps: [{ into: 'orgUnits', code: '机构号', name: '名称', kind: '级别', parent: '上级' }],
        },
        {
          match: 'staff.csv',
          steps: [
            {
              into: 'staff',
              staffNo: '工号',
              name: '姓名',
              org: '机构',
              role: { value: 'relationship_manager' },
            },
          ],
        },
        {
          match: 'people.csv',
          format: { encoding: 'gb18030' },
          steps: [
            customers({
              org: 'org',
              rm: 'rm',
              state: 'state',
              attributes: { job: 'job' },
              identities: { name: 'name', phone: 'phone' },
            }),
          ],
        },
        {
          match: 'facts.csv',
          format: { decimal: ',', thousands: '.', dateFormats: ['YYYYMMDD'] },
          steps: [
            {
              into: 'balances',
              customerNo: 'no',
              class: { value: 'deposit' },
              businessDate: 'day',
              currency: { value: 'CNY' },
              amount: 'amount',
            },
            {
              into: 'consents',
              customerNo: 'no',
              purpose: { value: 'marketing' },
              granted: 'agreed',
              version: { value: '1' },
              channel: { value: 'branch' },
              at: 'day',
            },
            { into: 'links', customerNo: 'no', linkedCustomerNo: 'of', relation: { value: 'family' } },
          ],
        },
      ],
    },
    [facts, people, staff, units],
  )
  expect(unitFile).toMatchObject({ file: 'units.csv', imported: 3, rejected: 0 })
  expect(staffFile).toMatchObject({ imported: 1, rejected: 1 })
  expect(peopleFile).toMatchObject({ rows: 6, imported: 2, rejected: 4 })
  expect(factFile).toMatchObject({ rows: 4, imported: 2, rejected: 2 })

  // The bank has one head office: the one that the mapping made, whatever the file calls it.
  const tree = await bank.pg.query(
    sql`SELECT u.code, p.code AS parent FROM org_unit_current AS u LEFT JOIN org_unit AS p ON p.org_id = u.parent_id ORDER BY u.code`,
  )
  expect(tree).toEqual([
    { code: 'B1', parent: 'HQ' },
    { code: 'B1-1', parent: 'B1' },
    { code: 'HQ', parent: null },
  ])
  const stored = await bank.pg.query(sql`
    SELECT c.customer_no, u.code, s.staff_no, c.state,
      (SELECT string_agg(i.kind || ' ' || i.masked, ', ' ORDER BY i.kind) FROM customer_identity AS i WHERE i.customer_id = c.customer_id) AS masked
    FROM customer AS c JOIN org_unit AS u ON u.org_id = c.org_id LEFT JOIN staff AS s ON s.staff_id = c.rm_staff_id ORDER BY c.customer_no`)
  expect(stored).toEqual([
    {
      customer_no: 'C1',
      code: 'B1-1',
      staff_no: 'S1',
      state: 'active',
      masked: 'name 张**, phone 138****1234',
    },
    {
      customer_no: 'C2',
      code: 'B1',
      staff_no: null,
      state: 'frozen',
      masked: 'name 李**, phone 139****1234',
    },
  ])
  expect(await attributesOf('C1')).toEqual({ job: 'clerk, senior' })
  expect(
    await bank.ch.query(
      sql`SELECT toString(b.amount) AS amount, toString(b.business_date) AS day FROM balance AS b FINAL ORDER BY b.customer_id`,
    ),
  ).toEqual([
    { amount: '1000.5', day: '2026-01-01' },
    { amount: '-3.2', day: '2026-01-01' },
  ])
  expect(
    await bank.pg.query(sql`SELECT c.is_granted, c.at FROM consent AS c ORDER BY c.customer_id`),
  ).toEqual([
    { is_granted: true, at: new Date('2025-12-31T16:00:00Z') },
    { is_granted: false, at: new Date('2025-12-31T16:00:00Z') },
  ])
  expect(await bank.pgCount(sql`customer_link AS l`)).toBe(2)

  // No identifier comes into a file of rejects, the rest of the row does.
  const rejects = readFileSync(peopleFile?.rejectsFile ?? '', 'utf8')
  expect(rejects.split('\n')).toEqual([
    'line,code,field,message,row',
    '4,ORG_UNIT_UNKNOWN,"org","there is no such org unit","C3,***,***,B7,,,x"',
    '5,STAFF_UNKNOWN,"rm","there is no such member of staff","C4,***,***,ZH,S7,,x"',
    '6,VALUE_INVALID,"state","is none of active, frozen, deceased, closed","C5,***,***,ZH,,asleep,x"',
    '7,COLUMN_COUNT,"","has 8 columns instead of 7","(withheld: the file brings direct identifiers)"',
    '',
  ])
  expect(statSync(peopleFile?.rejectsFile ?? '').mode & 0o777).toBe(0o600)
  expect(readFileSync(factFile?.rejectsFile ?? '', 'utf8')).toContain(
    '4,CUSTOMER_UNKNOWN,"customerNo","there is no such customer","C9,20260101,1,是,C1"',
  )
  const audit = await bank.pg.query<{ action: string; after: unknown }>(
    sql`SELECT a.action, a.after FROM audit AS a WHERE a.object_id = 'chinese' ORDER BY a.seq`,
  )
  expect(audit.map((entry) => entry.action)).toEqual(['import.start', 'import.finish'])
  expect(JSON.stringify(audit[1]?.after)).toContain('"rejected":4')
  expect(JSON.stringify(audit)).not.toContain('1381234')
})

test('of rows about one customer the last counts, and every row is counted', async () => {
  const file = bank.file('again.csv', 'no,job\nD1,one\nD2,x\nD1,two\n\nD1,two\n')
  const [summary] = await bank.run(mapping('again', [customers({ attributes: { job: 'job' } })]), [file])
  expect(summary).toMatchObject({
    rows: 4,
    imported: 4,
    repeated: 2,
    blankLines: 1,
    rejected: 0,
    rejectsFile: null,
  })
  expect(await attributesOf('D1')).toEqual({ job: 'two' })
})

test('hostile text stays text', async () => {
  const nasty = [
    `'; DROP TABLE customer; --`,
    '\\',
    '{{7*7}}',
    "a\\' OR 1=1 /*",
    '$1 {p0:String}',
    '=cmd()',
    '\ttab',
    '💥',
    'x"y',
  ]
  const file = bank.file(
    'nasty.csv',
    `no,job\n${nasty.map((text, nth) => `N${nth},"${text.replaceAll('"', '""')}"`).join('\n')}\nN98,a\0b\n"N99,unclosed\n`,
  )
  const step = {
    into: 'events',
    customerNo: 'no',
    name: 'job',
    at: { value: '2026-01-01' },
    properties: { text: 'job' },
  }
  const [summary] = await bank.run(
    mapping('nasty', [customers({ attributes: { job: 'job' } }), step], { format: { trim: false } }),
    [file],
  )
  expect(summary).toMatchObject({ imported: nasty.length, rejected: 2 })
  for (const [nth, text] of nasty.entries()) expect(await attributesOf(`N${nth}`)).toEqual({ job: text })
  const names = await bank.ch.query<{ name: string; text: string }>(
    sql`SELECT e.name AS name, e.props['text'] AS text FROM event AS e FINAL WHERE e.source = 'import:nasty'`,
  )
  expect(names.map(({ name }) => name).sort()).toEqual([...nasty].sort())
  expect(names.every(({ name, text }) => name === text)).toBe(true)
})

const manyRows = 12_000
const manyMapping = mapping('many', [
  customers({ attributes: { n: 'n' } }),
  {
    into: 'events',
    customerNo: 'no',
    name: { value: 'seen' },
    at: { value: '2026-01-01' },
    properties: { n: 'n' },
  },
])
const manyFile = (name: string) => {
  const rows = Array.from({ length: manyRows }, (_, nth) => (nth % 1000 === 7 ? `M${nth}` : `M${nth},${nth}`))
  return bank.file(name, `no,n\n${rows.join('\n')}\n`)
}

test('an import that was cut off goes on where it was: nothing twice, nothing lost, rejects too', async () => {
  const file = manyFile('many.csv')
  let batches = 0
  const cutOff = bank.run(manyMapping, [file], {
    onProgress: () => {
      batches += 1
      if (batches === 1) throw new Error('power cut')
    },
  })
  await expect(cutOff).rejects.toThrow('power cut')
  expect((await bank.imports.list({ limit: 1 })).items[0]).toMatchObject({
    fileName: 'many.csv',
    state: 'running',
    rows: 5000,
  })
  const [summary] = await bank.run(manyMapping, [file])
  expect(summary).toMatchObject({ rows: manyRows, imported: manyRows - 12, rejected: 12, resumedFrom: 5000 })
  expect(await bank.count(sql`event AS e FINAL WHERE e.name = 'seen'`)).toBe(manyRows - 12)
  expect(await bank.count(sql`customer AS c FINAL WHERE startsWith(c.customer_no, 'M')`)).toBe(manyRows - 12)
  const lines = readFileSync(`${file}.rejects.csv`, 'utf8').trimEnd().split('\n')
  expect(lines.slice(1).map((line) => Number(line.split(',')[0]))).toEqual(
    Array.from({ length: 12 }, (_, nth) => nth * 1000 + 9),
  )

  const [unchanged] = await bank.run(manyMapping, [file])
  expect(unchanged).toMatchObject({ outcome: 'unchanged', rows: manyRows, rejected: 12 })
  const [again] = await bank.run(manyMapping, [file], { again: true })
  expect(again).toMatchObject({ outcome: 'imported', imported: manyRows - 12, rejected: 12 })
  expect(await bank.count(sql`event AS e FINAL WHERE e.name = 'seen'`)).toBe(manyRows - 12)
})

test('without its rejects a file begins anew, so that none is lost', async () => {
  const file = manyFile('lost.csv')
  const cut = {
    onProgress: () => {
      throw new Error('power cut')
    },
  }
  await expect(bank.run(manyMapping, [file], cut)).rejects.toThrow('power cut')
  rmSync(`${file}.rejects.csv`)
  const [summary] = await bank.run(manyMapping, [file])
  expect(summary).toMatchObject({ rows: manyRows, rejected: 12, resumedFrom: 0 })
  expect(existsSync(`${file}.rejects.csv`)).toBe(true)
})

test('a changed file under the same name replaces: its events count once', async () => {
  const step = {
    into: 'events',
    customerNo: 'no',
    name: { value: 'corrected' },
    at: { value: '2026-01-01' },
    properties: { n: 'n' },
  }
  await bank.run(mapping('corrected', [customers(), step]), [bank.file('day.csv', 'no,n\nK1,1\nK2,2\n')])
  await bank.run(mapping('corrected', [customers(), step]), [
    bank.file('day.csv', 'no,n\nK1,1\nK2,3\nK3,4\n'),
  ])
  const rows = await bank.ch.query(
    sql`SELECT e.props['n'] AS n FROM event AS e FINAL WHERE e.name = 'corrected' ORDER BY n`,
  )
  expect(rows).toEqual([{ n: '1' }, { n: '3' }, { n: '4' }])
})

test('a finished campaign in several files has all its members', async () => {
  const campaign = { key: 'winter', name: 'Winter', controlArm: 'control', outcome: 'bought' }
  const step = {
    into: 'campaignMembers',
    campaign: 'winter',
    customerNo: 'no',
    arm: 'arm',
    contactedAt: 'at',
    outcomes: { bought: 'bought', amount: 'amount' },
  }
  const files = [
    bank.file('w1.csv', 'no,arm,at,bought,amount\nW1,mail,2026-01-01,1,100.5\nW2,control,,0,\n'),
    bank.file('w2.csv', 'no,arm,at,bought,amount\nW3,mail,2026-01-02,0,\nW4,mail,2026-01-03,maybe,\n'),
  ]
  const found = await bank.run(mapping('winter', [customers(), step], { campaigns: [campaign] }), files, {
    rejectsPath: join(bank.folder, 'rejects'),
  })
  expect(found.map(({ imported, rejected }) => [imported, rejected])).toEqual([
    [2, 0],
    [1, 1],
  ])
  expect(found[1]?.rejectsFile).toBe(join(bank.folder, 'rejects', 'w2.csv.rejects.csv'))
  const members = await bank.ch.query(sql`
    SELECT c.customer_no AS no, m.arm AS arm, m.is_control AS control, m.outcomes AS outcomes FROM campaign_member AS m FINAL
    INNER JOIN customer AS c FINAL ON c.customer_id = m.customer_id ORDER BY no`)
  expect(members).toEqual([
    { no: 'W1', arm: 'mail', control: 0, outcomes: { bought: 1, amount: 100.5 } },
    { no: 'W2', arm: 'control', control: 1, outcomes: { bought: 0 } },
    { no: 'W3', arm: 'mail', control: 0, outcomes: { bought: 0 } },
  ])
})

test('one import at a time, and what keeps one from beginning changes nothing', async () => {
  const file = bank.file('one.csv', 'no\nO1\n')
  let second: Promise<unknown> | undefined
  await bank.run(mapping('one', [customers()]), [file], {
    onProgress: () => {
      second = bank.run(mapping('two', [customers()]), [file]).catch((error: unknown) => error)
    },
    onFile: () => {},
  })
  expect(await second).toMatchObject({ code: 'IMPORT_RUNNING' })
  const audited = await bank.pgCount(sql`audit AS a`)
  await expect(bank.run(mapping('none', [customers({ org: 'nowhere' })]), [file])).rejects.toMatchObject({
    code: 'IMPORT_COLUMN_MISSING',
  })
  expect(await bank.pgCount(sql`audit AS a`)).toBe(audited)
})

test('imported files are listed page by page, newest first', async () => {
  const first = await bank.imports.list({ limit: 2 })
  const second = await bank.imports.list({ limit: 500, cursor: first.nextCursor ?? '' })
  const all = await bank.imports.list({ limit: 500 })
  expect([...first.items, ...second.items]).toEqual(all.items)
  expect(all.items.find((item) => item.fileName === 'facts.csv')).toMatchObject({
    mapping: 'chinese',
    state: 'done',
    rows: 4,
    imported: 2,
    skipped: 0,
    rejected: 2,
    startedBy: 'tester',
  })
})
