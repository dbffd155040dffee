import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Card, Checkbox, Flex, Input, InputNumber, Select, Tooltip } from 'antd'
import type { KeyboardEvent } from 'react'
import { usePick, useText } from '#platform/web/text.ts'
import type { Property, PropertyType } from '../common/plan.ts'
import { emptyProperty, moved } from './plan-draft.ts'
import { classNames, planText, typeNames } from './plan-text.ts'

type Row = { property: Property; at: number; onChange: (changed: Partial<Property>) => void }

/** The properties of an event, a row each; rows move by button or by Alt and an arrow. */
export function PropertyRows(props: {
  properties: readonly Property[]
  onChange: (properties: Property[]) => void
}) {
  const t = useText(planText)
  const { properties, onChange } = props
  const move = (from: number, to: number) => {
    onChange(moved(properties, from, to))
    // The row keeps its place in the document, so the focus follows by hand.
    requestAnimationFrame(() => document.getElementById(`plan-property-${to}`)?.focus())
  }
  const onKeyDown = (event: KeyboardEvent, at: number) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    const to = at + (event.key === 'ArrowUp' ? -1 : 1)
    if (to >= 0 && to < properties.length) move(at, to)
  }
  return (
    <Card size="small" title={t.properties} extra={<span className="quiet small">{t.moveHint}</span>}>
      <Flex vertical gap={8}>
        {properties.length === 0 && <span className="quiet">{t.noProperties}</span>}
        {properties.map((property, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names are being typed, so only the place identifies a row
          // biome-ignore lint/a11y/noStaticElementInteractions: keys are those of the fields inside
          <div className="plan-property" key={at} onKeyDown={(event) => onKeyDown(event, at)}>
            <MainFields
              property={property}
              at={at}
              count={properties.length}
              onChange={(changed) => onChange(properties.with(at, { ...property, ...changed }))}
              onMove={move}
              onRemove={() => onChange(properties.toSpliced(at, 1))}
            />
            <MoreFields
              property={property}
              at={at}
              onChange={(changed) => onChange(properties.with(at, { ...property, ...changed }))}
            />
          </div>
        ))}
        <Button
          icon={<PlusOutlined />}
          onClick={() => onChange([...properties, emptyProperty])}
          data-testid="plan-add-property"
        >
          {t.addProperty}
        </Button>
      </Flex>
    </Card>
  )
}

function MainFields(
  props: Row & { count: number; onMove: (from: number, to: number) => void; onRemove: () => void },
) {
  const t = useText(planText)
  const pick = usePick()
  const { property, at, onChange } = props
  const button = (label: string, icon: React.ReactNode, onClick: () => void, disabled = false) => (
    <Tooltip title={label}>
      <Button type="text" size="small" icon={icon} aria-label={label} disabled={disabled} onClick={onClick} />
    </Tooltip>
  )
  return (
    <div className="plan-property-main">
      <Input
        id={`plan-property-${at}`}
        data-testid={`plan-property-${at}`}
        aria-label={t.name}
        placeholder={t.name}
        maxLength={200}
        value={property.name}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      <Select<PropertyType>
        aria-label={t.type}
        value={property.type}
        onChange={(type) => onChange({ type })}
        options={(Object.keys(typeNames) as PropertyType[]).map((type) => ({
          value: type,
          label: pick(typeNames[type]),
        }))}
      />
      <Select<Property['class']>
        aria-label={t.class}
        value={property.class}
        onChange={(grade) => onChange({ class: grade })}
        options={(Object.keys(classNames) as Property['class'][]).map((grade) => ({
          value: grade,
          label: pick(classNames[grade]),
        }))}
      />
      <Checkbox
        checked={property.required}
        onChange={(event) => onChange({ required: event.target.checked })}
      >
        {t.required}
      </Checkbox>
      <span className="nowrap">
        {button(t.moveUp, <ArrowUpOutlined />, () => props.onMove(at, at - 1), at === 0)}
        {button(t.moveDown, <ArrowDownOutlined />, () => props.onMove(at, at + 1), at === props.count - 1)}
        {button(t.remove, <DeleteOutlined />, props.onRemove)}
      </span>
    </div>
  )
}

function MoreFields({ property, onChange }: Row) {
  const t = useText(planText)
  const line = (field: 'description' | 'example' | 'pattern', label: string, longest: number) => (
    <Input
      aria-label={label}
      placeholder={label}
      maxLength={longest}
      value={property[field] ?? ''}
      onChange={(event) => onChange({ [field]: event.target.value })}
    />
  )
  return (
    <div className="plan-property-more">
      {property.type === 'enum' && (
        <Select
          mode="tags"
          aria-label={t.values}
          placeholder={`${t.values}: ${t.valuesHint}`}
          value={property.values ?? []}
          onChange={(values: string[]) => onChange({ values })}
          open={false}
          suffixIcon={null}
        />
      )}
      {property.type === 'string' && line('pattern', t.pattern, 200)}
      {property.type === 'string' && (
        <InputNumber
          aria-label={t.maxLength}
          placeholder={t.maxLength}
          min={1}
          max={8192}
          precision={0}
          style={{ width: '100%' }}
          value={property.maxLength ?? null}
          onChange={(maxLength) => onChange({ maxLength: maxLength ?? undefined })}
        />
      )}
      {line('example', t.example, 500)}
      {line('description', t.description, 1000)}
    </div>
  )
}
