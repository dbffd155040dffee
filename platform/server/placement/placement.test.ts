import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shareIds } from './allocate-ids.ts'
import { planMoves } from './grow-plan.ts'
import { evenSlots, type Placement, shardOfChunk } from './placement.ts'
import { shardingExpression, tableKey, visibleAnywhere, visibleAt } from './table-keys.ts'

const placement: Placement = {
  version: 7,
  cluster: 'c',
  chunkBits: 4,
  slots: evenSlots(8, 2),
  chunks: new Map([
    [0, 1],
    [1, 2],
    [2, 2],
  ]),
  spread: 2,
  hidden: [{ kind: 'customer', units: [2, 5], shard: 1 }],
}

describe('how tables are placed', () => {
  test.each([
    ['event', 'name, customer_id, msg', 'customer', 'toUInt32(bitShiftRight(customer_id, 4))'],
    ['tag_bitmap', 'tag, refresh_id, value, chunk', 'customer', 'chunk'],
    ['event_anonymous', 'visitor, msg', 'slot', 'visitor % 8'],
    // A binding lies with the visitor's events, whoever it binds to.
    ['visitor_binding', 'visitor, from_at', 'slot', 'visitor % 8'],
    ['message_first_receipt', 'msg', 'slot', 'cityHash64(`msg`) % 8'],
    ['odd', 'toDate(at), msg', 'slot', 'cityHash64(`msg`) % 8'],
    ['keyless', '', 'slot', 'cityHash64(`msg`) % 8'],
  ])('%s', (name, sortingKey, kind, unit) => {
    expect(tableKey({ name, sortingKey, columns: ['msg', 'at', 'customer_id'] }, placement)).toEqual({
      kind,
      unit,
    })
  })

  test('a chunk away from its own shard is named, every other follows the rule', () => {
    const key = tableKey({ name: 'customer', sortingKey: 'customer_id', columns: [] }, placement)
    const unit = 'toUInt32(bitShiftRight(customer_id, 4))'
    expect(shardingExpression(key, placement)).toBe(`transform(${unit}, [2], [1], ${unit} % 2)`)
    expect(shardingExpression(key, { ...placement, chunks: new Map() })).toBe(`${unit} % 2`)
    expect(visibleAt(key, placement, 1)).toBe(`NOT (${unit} IN (2,5))`)
    expect(visibleAt(key, placement, 2)).toBeUndefined()
    expect(visibleAnywhere(key, placement)).toBe(`NOT (shardNum() = 1 AND ${unit} IN (2,5))`)
  })
})

test('new ids are shared so that the shards end as even as they can, and all are given', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 500 }),
      (used, count) => {
        const shares = shareIds(used, count)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(count)
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0)
        const levels = used.map((one, index) => one + shares[index]!)
        // Whoever got something ends no higher than the lowest plus one.
        const got = levels.filter((_, index) => shares[index]! > 0)
        expect(Math.max(...got)).toBeLessThanOrEqual(Math.min(...levels) + 1)
      },
    ),
  )
})

test('moves make shards even, move nothing twice and nothing needlessly', () => {
  const shard = fc.integer({ min: 1, max: 4 })
  fc.assert(
    fc.property(
      fc.array(shard, { maxLength: 40 }),
      fc.array(shard, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 4, max: 6 }),
      (chunks, slots, shards) => {
        const before = { ...placement, chunks: new Map(chunks.map((one, index) => [index, one])), slots }
        const moves = planMoves(before, shards)
        for (const kind of ['customer', 'slot'] as const) {
          const count = kind === 'slot' ? slots.length : chunks.length
          const shardOf = (unit: number) => (kind === 'slot' ? slots[unit]! : shardOfChunk(before, unit))
          const own = moves.filter((move) => move.kind === kind)
          const moved = new Map(own.flatMap(({ units, to }) => units.map((unit) => [unit, to] as const)))
          expect(moved.size).toBe(own.reduce((sum, { units }) => sum + units.length, 0))
          for (const { units, from } of own) expect(units.every((unit) => shardOf(unit) === from)).toBe(true)
          const held = Array.from({ length: shards }, () => 0)
          for (let unit = 0; unit < count; unit += 1) held[(moved.get(unit) ?? shardOf(unit)) - 1]! += 1
          expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1)
          const least = Math.floor(count / shards)
          const needed = Array.from({ length: shards }, (_, index) => {
            let has = 0
            for (let unit = 0; unit < count; unit += 1) if (shardOf(unit) === index + 1) has += 1
            return Math.max(0, least - has)
          }).reduce((sum, one) => sum + one, 0)
          expect(moved.size).toBeLessThanOrEqual(needed + shards)
        }
      },
    ),
  )
})
