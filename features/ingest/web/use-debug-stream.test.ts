import { expect, test } from 'vitest'
import { debugReducer, debugStart, type Seen } from './use-debug-stream.ts'

const seen = (id: number) => ({ kind: 'seen', sighting: { id: String(id) } as Seen }) as const

test('shows the newest first, each once, and no more than the server keeps', () => {
  let state = debugReducer(debugStart, { kind: 'begin' })
  for (let id = 1; id <= 250; id += 1) state = debugReducer(state, seen(id))
  state = debugReducer(state, seen(250))
  expect([state.seen.length, state.seen[0]?.id, state.seen.at(-1)?.id]).toEqual([200, '250', '51'])
})

test('a lost connection keeps what was seen; a new start does not', () => {
  const one = debugReducer(debugReducer(debugStart, { kind: 'begin' }), seen(1))
  expect(debugReducer(one, { kind: 'lost' })).toMatchObject({ state: 'connecting', seen: [{ id: '1' }] })
  expect(debugReducer(one, { kind: 'begin' }).seen).toEqual([])
  expect(debugReducer(one, { kind: 'end', state: 'ended' })).toMatchObject({ state: 'ended', seen: [{}] })
})
