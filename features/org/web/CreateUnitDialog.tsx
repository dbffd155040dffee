import { Form, Input, Select } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useMarks } from '#platform/web/marks.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { OrgUnit } from '../common/org.ts'
import { FormDialog, useRequired } from './FormDialog.tsx'
import { kindNames, orgText } from './org-text.ts'

type NewUnit = { code: string; name: string; kind: OrgUnit['kind']; parentCode: string; validFrom?: string }
type ChangedUnit = { name: string; parentCode?: string; validFrom?: string }
const kinds = ['branch', 'sub_branch', 'outlet'] as const

const withDay = <T extends { validFrom?: string }>({ validFrom, ...rest }: T) => ({
  ...rest,
  ...(validFrom ? { validFrom } : {}),
})

/** A new unit below another one, from a day on. */
export function CreateUnitDialog({ units, onClose }: { units: readonly OrgUnit[]; onClose: () => void }) {
  const t = useText(orgText)
  const pick = usePick()
  const required = useRequired()
  return (
    <FormDialog<NewUnit>
      title={t.create}
      initialValues={{ kind: 'outlet' }}
      send={(unit) => api.post('/api/org-units', withDay(unit))}
      refresh="/api/org-units"
      onClose={onClose}
    >
      <Form.Item name="name" label={t.unitName} rules={required}>
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item name="code" label={t.code} rules={required}>
        <Input maxLength={64} />
      </Form.Item>
      <Form.Item name="kind" label={t.kind} rules={required}>
        <Select options={kinds.map((kind) => ({ value: kind, label: pick(kindNames[kind]) }))} />
      </Form.Item>
      <ParentField units={units} />
      <DayField />
    </FormDialog>
  )
}

/** Another name for a unit, or another place in the tree, from a day on. */
export function ChangeUnitDialog(props: { unit: OrgUnit; units: readonly OrgUnit[]; onClose: () => void }) {
  const t = useText(orgText)
  const required = useRequired()
  const { unit, units } = props
  const parent = units.find(({ orgId }) => orgId === unit.parentId)
  const initial: ChangedUnit = { name: unit.name, ...(parent && { parentCode: parent.code }) }
  // Only what is different is sent: a move is a bigger thing than a rename.
  const changesOf = ({ name, parentCode, ...rest }: ChangedUnit) => ({
    ...withDay(rest),
    ...(name === unit.name ? {} : { name }),
    ...(parentCode === parent?.code ? {} : { parentCode }),
  })
  return (
    <FormDialog<ChangedUnit>
      title={t.changeUnit(unit.name)}
      initialValues={initial}
      send={(changed) => api.put(pathOf`/api/org-units/${unit.code}`, changesOf(changed))}
      refresh="/api/org-units"
      onClose={props.onClose}
    >
      <Form.Item name="name" label={t.unitName} rules={required}>
        <Input maxLength={100} />
      </Form.Item>
      {parent && <ParentField units={units.filter(({ orgId }) => orgId !== unit.orgId)} hint={t.moveHint} />}
      <DayField />
    </FormDialog>
  )
}

function ParentField({ units, hint }: { units: readonly OrgUnit[]; hint?: string }) {
  const t = useText(orgText)
  const { noted } = useMarks()
  const required = useRequired()
  return (
    <Form.Item name="parentCode" label={t.parent} rules={required} extra={hint}>
      <Select
        showSearch={{ optionFilterProp: 'label' }}
        options={units.map((unit) => ({ value: unit.code, label: noted(unit.name, unit.code) }))}
      />
    </Form.Item>
  )
}

function DayField() {
  const t = useText(orgText)
  return (
    <Form.Item name="validFrom" label={t.validFrom} extra={t.validFromHint}>
      <DateBox />
    </Form.Item>
  )
}
