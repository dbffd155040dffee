import { EditOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Tag, Tree, type TreeDataNode } from 'antd'
import { useMemo, useState } from 'react'
import { useFormat } from '#platform/web/format.ts'
import { SearchBox } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { OrgUnit } from '../common/org.ts'
import { ChangeUnitDialog, CreateUnitDialog } from './CreateUnitDialog.tsx'
import { kindNames, orgText } from './org-text.ts'
import { matchingUnits, type OrgNode, treeOf } from './org-tree.ts'
import { useOrgUnits } from './use-org-units.ts'

/** The org tree as it is today. */
export function OrgUnitsTab() {
  const t = useText(orgText)
  const may = useMay()
  const units = useOrgUnits()
  const [text, setText] = useState('')
  const [isCreating, setCreating] = useState(false)
  const [changing, setChanging] = useState<OrgUnit | null>(null)
  return (
    <Flex vertical gap={12}>
      <Flex gap={8} wrap justify="space-between">
        <SearchBox label={t.searchUnit} value={text} onChange={setText} />
        {may('org.write') && (
          <Button
            type="primary"
            icon={<PlusOutlined />}
            onClick={() => setCreating(true)}
            data-testid="org-create"
          >
            {t.create}
          </Button>
        )}
      </Flex>
      <Loaded query={units}>
        {({ items }) => (
          <UnitTree units={items} text={text} onChange={may('org.write') ? setChanging : undefined} />
        )}
      </Loaded>
      {isCreating && <CreateUnitDialog units={units.data?.items ?? []} onClose={() => setCreating(false)} />}
      {changing && (
        <ChangeUnitDialog unit={changing} units={units.data?.items ?? []} onClose={() => setChanging(null)} />
      )}
    </Flex>
  )
}

function UnitTree(props: {
  units: readonly OrgUnit[]
  text: string
  onChange: ((unit: OrgUnit) => void) | undefined
}) {
  const { units, text, onChange } = props
  const t = useText(orgText)
  const pick = usePick()
  const format = useFormat()
  const shown = useMemo(() => matchingUnits(units, text), [units, text])
  const tree = useMemo(() => treeOf(shown), [shown])
  const dataOf = ({ unit, children }: OrgNode): TreeDataNode => ({
    key: String(unit.orgId),
    title: (
      <span>
        {unit.name} <span className="quiet small">{unit.code}</span> <Tag>{pick(kindNames[unit.kind])}</Tag>{' '}
        <span className="quiet small">{t.since(format.date(unit.validFrom))}</span>
        {onChange && (
          <Button
            type="text"
            size="small"
            icon={<EditOutlined />}
            aria-label={`${t.change} ${unit.name}`}
            onClick={() => onChange(unit)}
          />
        )}
      </span>
    ),
    children: children.map(dataOf),
  })
  if (shown.length === 0) return <EmptyState title={t.noUnits} />
  return (
    <>
      <span className="quiet small">{t.found(format.number(shown.length))}</span>
      <Tree
        // Another search opens what it found; without one, head office and its branches.
        key={text}
        showLine
        selectable={false}
        height={560}
        defaultExpandedKeys={
          text === '' ? tree.map((node) => String(node.unit.orgId)) : shown.map((unit) => String(unit.orgId))
        }
        treeData={tree.map(dataOf)}
      />
    </>
  )
}
