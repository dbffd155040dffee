import { expect, test } from 'vitest'
import type { OrgUnit } from '../common/org.ts'
import { matchingUnits, treeOf } from './org-tree.ts'

const unit = (orgId: number, parentId: number | null, name: string): OrgUnit => ({
  orgId,
  parentId,
  name,
  code: `U${orgId}`,
  kind: parentId === null ? 'head_office' : 'branch',
  validFrom: '2026-01-01',
})
const units = [unit(3, 2, '浦东支行'), unit(1, null, '总行'), unit(2, 1, '上海分行'), unit(4, 1, '江苏分行')]

test('makes a tree whatever the order', () => {
  const [top, ...others] = treeOf(units)
  expect(others).toEqual([])
  expect(top?.unit.name).toBe('总行')
  expect(top?.children.map((node) => node.unit.name)).toEqual(['上海分行', '江苏分行'])
})

test('someone of one branch sees the branch at the top', () => {
  expect(
    treeOf(units.filter(({ orgId }) => orgId === 2 || orgId === 3)).map((node) => node.unit.name),
  ).toEqual(['上海分行'])
})

test('a match keeps its place in the tree', () => {
  expect(matchingUnits(units, '浦东').map((one) => one.orgId)).toEqual([3, 1, 2])
  expect(matchingUnits(units, 'u4').map((one) => one.orgId)).toEqual([1, 4])
  expect(matchingUnits(units, '没有')).toEqual([])
})
