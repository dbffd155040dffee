import { expect, test } from 'vitest'
import type { Report } from '../common/campaign.ts'
import { bestOrg, orgRows } from './org-report.ts'

const one = (
  orgId: number,
  control: boolean,
  customers: number,
  converted: number,
): Report['byOrg'][number] => ({
  orgId,
  orgName: `Branch ${orgId}`,
  arm: control ? 'holdout' : 'treatment',
  control,
  customers,
  reached: 0,
  converted,
  rate: converted / customers,
})

test('puts the arms of a unit side by side, the largest first', () => {
  const rows = orgRows([one(1, true, 50, 2), one(1, false, 100, 10), one(2, false, 900, 9)])
  expect(rows.map((row) => row.orgId)).toEqual([2, 1])
  expect(rows[1]?.treated.customers).toBe(100)
  expect(rows[1]?.lift?.value).toBeCloseTo(0.06)
  expect(rows[0]?.lift).toBeNull()
})

test('adds up several treated arms', () => {
  const [row] = orgRows([one(1, false, 100, 10), { ...one(1, false, 100, 20), arm: 'b' }])
  expect(row?.treated).toMatchObject({ customers: 200, converted: 30 })
})

test('does not praise a unit for one lucky customer', () => {
  expect(bestOrg(orgRows([one(1, false, 2, 1), one(2, false, 200, 10)]))?.orgId).toBe(2)
  expect(bestOrg(orgRows([one(1, false, 2, 1)]))).toBeUndefined()
})
