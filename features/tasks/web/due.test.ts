import { expect, test } from 'vitest'
import { bankDay } from '#platform/common/bank-day.ts'
import { dueKind } from './due.ts'

const dayOf = (moment: Date) => bankDay(moment, 'Asia/Shanghai')
const now = new Date('2026-08-01T01:00:00Z')

test.each([
  ['2026-08-01T00:59:59Z', 'late'],
  ['2026-08-01T15:59:00Z', 'today'],
  ['2026-08-01T16:00:00Z', 'later'],
])('a task due at %s is %s', (due, kind) => expect(dueKind(due, now, dayOf)).toBe(kind))
