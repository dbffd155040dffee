import { expect, test } from 'vitest'
import { redo, startHistory, step, undo } from './history.ts'

test('steps are undone and redone; a new step forgets what was undone', () => {
  let history = step(step(startHistory(1), 2, null), 3, null)
  history = undo(history)
  expect(history.present).toBe(2)
  expect(redo(history).present).toBe(3)
  expect(redo(step(history, 9, null)).present).toBe(9)
  expect(undo(undo(undo(history))).present).toBe(1)
})

test('typing on in one field is one step; undoing ends it', () => {
  let history = step(step(step(startHistory('a'), 'ab', 'name'), 'abc', 'name'), 'abc!', 'other')
  history = undo(history)
  expect(history.present).toBe('abc')
  expect(undo(history).present).toBe('a')
  expect(undo(step(history, 'abcd', 'name')).present).toBe('abc')
})

test('nothing changed is no step', () => {
  const history = startHistory('a')
  expect(step(history, 'a', null)).toBe(history)
  expect(undo(history)).toBe(history)
  expect(redo(history)).toBe(history)
})
