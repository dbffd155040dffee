import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { messageBytes } from '#features/ingest/server/ids.ts'
import { openSpool } from '#features/ingest/server/spool.ts'
import { newSpooled, readRecords, splitReady } from '#features/ingest/server/spool-read.ts'
import {
  type EventRecord,
  writeEvent,
  writeReady,
  writeReject,
  writeTally,
} from '#features/ingest/server/spool-record.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zhike-spool-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const openHere = (limitBytes = 1 << 30) => openSpool({ dir, limitBytes, log: () => {}, segmentMs: 60_000 })
type TestSpool = Awaited<ReturnType<typeof openHere>>

const record = (id: string): EventRecord => ({
  ...{
    customerNo: `客户-${id}`,
    customerId: 0,
    visitor: { hi: 0, lo: 7 },
    bound: { hi: 0, lo: 9 },
    proof: 'customer_token' as const,
  },
  ...{
    occurredAtMs: 1_700_000_000_123,
    clientAtMs: 1_700_000_000_100,
    receivedAtMs: 1_700_000_000_456,
    msg: messageBytes('s', id),
  },
  ...{
    name: 'e',
    source: 's',
    props: [['a', 'b']] as [string, string][],
    profile: { operation: 'set' as const, traits: [['job', 'x']] as [string, string][] },
    identities: [{ kind: 'phone', hash: Buffer.from('0102', 'hex') }],
  },
})
const add = (spool: TestSpool, ...ids: string[]) =>
  spool.append((writer, patches) => {
    for (const id of ids) writeEvent(writer, patches, record(id))
  })

async function readAll(spool: TestSpool): Promise<{ ids: string[]; names: string[] }> {
  const spooled = newSpooled()
  const names: string[] = []
  for (let segment = spool.first(); segment; segment = spool.first()) {
    names.push(segment.name)
    for (const frame of (await spool.read(segment)).frames) readRecords(frame, spooled)
    await spool.remove(segment)
  }
  return { ids: spooled.events.map((event) => event.customerNo.slice(3)), names }
}
const files = () => readdirSync(dir).filter((name) => name.endsWith('.spool'))

const ready = { ...record('2'), customerId: 7, occurredAtMs: 1, clientAtMs: 2 }
const tally = { receivedAtMs: 9, source: 's', protocol: 'p', accepted: 3, rejected: 1, dropped: 2 }

test('a record comes back as it was', async () => {
  const spool = await openHere()
  await spool.append((writer, patches) => {
    writeEvent(writer, patches, record('1'))
    writeReject(writer, patches, {
      receivedAtMs: 5,
      source: 's',
      messageId: 'm',
      code: 'C',
      path: 'p',
      detail: 'd',
      ...{
        rejectId: '00112233-4455-6677-8899-aabbccddeeff',
        event: 'e',
        original: '{}',
        protocol: 'segment',
      },
    })
    writeReady(writer, patches, [ready, { ...ready, customerId: 8 }])
    writeTally(writer, patches, tally)
  })
  await spool.seal()
  const spooled = newSpooled()
  const segment = spool.first()
  for (const frame of segment ? (await spool.read(segment)).frames : []) readRecords(frame, spooled)
  expect(spooled.rejects).toHaveLength(1)
  expect(spooled.events[0]).toMatchObject({
    ...{
      hasTime: true,
      timeMs: 1_700_000_000_123,
      clientMs: 1_700_000_000_100,
      customerNo: '客户-1',
      isVisitor: false,
      visitor: 7n,
    },
    ...{ binding: { visitor: 9n, proof: 'customer_token' }, identities: record('1').identities },
    profile: { operation: 'set', traits: [['job', 'x']] },
  })
  const rows = spooled.ready.flatMap(splitReady)
  expect(rows.map((row) => row.readUInt32LE(0))).toEqual([7, 8])
  expect(rows[0]?.length).toBe(rows[1]?.length)
  expect(spooled.tallies).toEqual([tally])
  await spool.close()
})

test('requests of one moment share a write, and each is readable once acknowledged', async () => {
  const spool = await openHere()
  await Promise.all(Array.from({ length: 200 }, (_, nth) => add(spool, `${nth}`)))
  await spool.close()
  expect((await readAll(await openHere())).ids).toHaveLength(200)
})

test('a torn end is cut off, what was acknowledged before it is not', async () => {
  const spool = await openHere()
  await add(spool, '1', '2')
  await add(spool, '3')
  await spool.close()
  const [name = ''] = files()
  const size = readFileSync(join(dir, name)).length
  truncateSync(join(dir, name), size - 5)
  expect((await readAll(await openHere())).ids).toEqual(['1', '2'])
  expect(readdirSync(join(dir, 'broken'))).toEqual([`${name}.tail`])
})

test('garbage after the end and a file without a header lose nothing', async () => {
  const spool = await openHere()
  await add(spool, '1')
  await spool.close()
  appendFileSync(join(dir, files()[0] ?? ''), Buffer.alloc(50, 7))
  writeFileSync(join(dir, '0000000000000001.spool'), '')
  const again = await openHere()
  await add(again, '2')
  await again.seal()
  expect((await readAll(again)).ids).toEqual(['1', '2'])
  await again.close()
})

test('a record that cannot be encoded fails alone', async () => {
  const spool = await openHere()
  const good = add(spool, '1')
  const bad = () =>
    spool.append((writer) => {
      writer.uint32(5)
      throw new Error('cannot')
    })
  expect(bad).toThrow('cannot')
  await Promise.all([good, add(spool, '2')])
  await spool.seal()
  expect((await readAll(spool)).ids).toEqual(['1', '2'])
  await spool.close()
})

test('names come in order and never again, also after all is loaded and the process restarts', async () => {
  const names: string[] = []
  for (let round = 0; round < 3; round += 1) {
    const spool = await openHere()
    await add(spool, 'x')
    await spool.seal()
    await add(spool, 'y')
    await spool.seal()
    names.push(...(await readAll(spool)).names)
    await spool.close()
  }
  expect(new Set(names).size).toBe(6)
  expect(names).toEqual([...names].sort())
})

test('over its limit the spool refuses, and takes again once segments are gone', async () => {
  const spool = await openHere(400)
  const fill = async () => {
    for (;;) await add(spool, 'x')
  }
  await expect(fill()).rejects.toMatchObject({ code: 'SPOOL_FULL', errorKind: 'unavailable' })
  await spool.seal()
  await readAll(spool)
  await add(spool, 'y')
  await spool.close()
})

test('a disk that cannot be written is never acknowledged, and used again when it can', async () => {
  const spool = await openHere()
  rmSync(dir, { recursive: true })
  await expect(add(spool, '1')).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE', errorKind: 'unavailable' })
  const again = await openHere()
  await add(spool, '2')
  await spool.close()
  await again.close()
  expect((await readAll(await openHere())).ids).toEqual(['2'])
})
