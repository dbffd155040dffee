import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Card, Checkbox, Flex, Input, InputNumber, Select } from 'antd'
import type { Rule } from '#features/rules/common/rule.ts'
import { RuleEditor, useVocabulary } from '#features/rules/web/index.ts'
import { useText } from '#platform/web/text.ts'
import type { SourceByKind } from '../common/tag-source.ts'
import { tagText } from './tag-text.ts'

type Props<K extends keyof SourceByKind> = {
  source: SourceByKind[K]
  onChange: (source: SourceByKind[K]) => void
}
const everyone: Rule = { all: [] }

/** A list with one item replaced, or left out. */
const replaced = <T,>(items: readonly T[], index: number, item?: T): T[] =>
  items.flatMap((one, nth) => (nth !== index ? [one] : item === undefined ? [] : [item]))

function RemoveButton({ onClick }: { onClick: () => void }) {
  const t = useText(tagText)
  return (
    <Button size="small" type="text" aria-label={t.removeLine} icon={<DeleteOutlined />} onClick={onClick} />
  )
}

function AddButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <div>
      <Button size="small" type="dashed" icon={<PlusOutlined />} onClick={onClick}>
        {label}
      </Button>
    </div>
  )
}

/** Bands of a number: a name below each cut and one above the last. */
export function BandsFields({ source: { bands }, onChange }: Props<'bands'>) {
  const t = useText(tagText)
  const { tags } = useVocabulary()
  const { cuts, labels } = bands
  const set = (changed: Partial<typeof bands>) => onChange({ bands: { ...bands, ...changed } })
  const label = (index: number) => (
    <Input
      aria-label={t.bandLabel}
      placeholder={t.bandLabel}
      maxLength={100}
      style={{ maxWidth: 200 }}
      value={labels[index]}
      onChange={({ target }) => set({ labels: replaced(labels, index, target.value) })}
    />
  )
  return (
    <Flex vertical gap={8}>
      <Select
        aria-label={t.bandsOf}
        placeholder={t.bandsOf}
        showSearch={{ optionFilterProp: 'label' }}
        style={{ maxWidth: 360 }}
        value={bands.tag || undefined}
        onChange={(tag) => set({ tag })}
        options={tags
          .filter((one) => one.type === 'number')
          .map((one) => ({ value: one.key, label: `${one.name.zh} ${one.name.en} ${one.key}` }))}
      />
      {label(0)}
      {cuts.map((cut, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cut has no name, only its place
        <Flex key={index} gap={8} align="center" wrap>
          <InputNumber
            aria-label={t.cut}
            prefix={t.cut}
            style={{ width: 168 }}
            value={cut}
            onChange={(next) => set({ cuts: replaced(cuts, index, next ?? 0) })}
          />
          {label(index + 1)}
          {cuts.length > 1 && (
            <RemoveButton
              onClick={() => set({ cuts: replaced(cuts, index), labels: replaced(labels, index + 1) })}
            />
          )}
        </Flex>
      ))}
      <AddButton
        label={t.addBand}
        onClick={() => set({ cuts: [...cuts, (cuts.at(-1) ?? 0) * 2 || 1], labels: [...labels, ''] })}
      />
    </Flex>
  )
}

/** Values by the first rule that holds. */
export function CasesFields({ source, onChange }: Props<'cases'>) {
  const t = useText(tagText)
  const { cases } = source
  const set = (changed: Partial<typeof source>) => {
    const next = { ...source, ...changed }
    onChange({ cases: next.cases, ...(next.else ? { else: next.else } : {}) })
  }
  return (
    <Flex vertical gap={8}>
      {cases.map((one, index) => (
        <Card
          // biome-ignore lint/suspicious/noArrayIndexKey: a case is told by its place: the first that holds counts
          key={index}
          size="small"
          title={
            <Input
              aria-label={t.caseValue}
              placeholder={t.caseValue}
              maxLength={100}
              style={{ maxWidth: 240 }}
              value={one.value}
              onChange={({ target }) =>
                set({ cases: replaced(cases, index, { ...one, value: target.value }) })
              }
            />
          }
          extra={cases.length > 1 && <RemoveButton onClick={() => set({ cases: replaced(cases, index) })} />}
        >
          <RuleEditor
            value={one.rule}
            onChange={(rule) => set({ cases: replaced(cases, index, { ...one, rule }) })}
          />
        </Card>
      ))}
      <AddButton
        label={t.addCase}
        onClick={() => set({ cases: [...cases, { value: '', rule: everyone }] })}
      />
      <Input
        addonBefore={t.otherwise}
        aria-label={t.otherwise}
        maxLength={100}
        style={{ maxWidth: 320 }}
        value={source.else ?? ''}
        onChange={({ target }) => set({ else: target.value })}
      />
    </Flex>
  )
}

/** States and what leads from one to the next. */
export function LifecycleFields({ source: { lifecycle }, onChange }: Props<'lifecycle'>) {
  const t = useText(tagText)
  const { transitions } = lifecycle
  const set = (changed: Partial<typeof lifecycle>) => onChange({ lifecycle: { ...lifecycle, ...changed } })
  const states = [...new Set([lifecycle.initial, ...transitions.map((one) => one.to)])].filter(Boolean)
  return (
    <Flex vertical gap={8}>
      <Input
        addonBefore={t.initial}
        aria-label={t.initial}
        maxLength={100}
        style={{ maxWidth: 320 }}
        value={lifecycle.initial}
        onChange={({ target }) => set({ initial: target.value })}
      />
      {transitions.map((one, index) => {
        const change = (changed: Partial<typeof one>) =>
          set({ transitions: replaced(transitions, index, { ...one, ...changed }) })
        return (
          <Card
            // biome-ignore lint/suspicious/noArrayIndexKey: a transition is told by its place: the first that holds counts
            key={index}
            size="small"
            title={
              <Flex gap={8} wrap align="center" style={{ padding: '4px 0' }}>
                <Select
                  mode="tags"
                  aria-label={t.fromStates}
                  placeholder={t.fromStates}
                  style={{ minWidth: 160 }}
                  value={one.from}
                  onChange={(from) => change({ from })}
                  options={states.map((state) => ({ value: state, label: state }))}
                />
                <span aria-hidden>→</span>
                <Input
                  aria-label={t.toState}
                  placeholder={t.toState}
                  maxLength={100}
                  style={{ width: 128 }}
                  value={one.to}
                  onChange={({ target }) => change({ to: target.value })}
                />
              </Flex>
            }
            extra={
              transitions.length > 1 && (
                <RemoveButton onClick={() => set({ transitions: replaced(transitions, index) })} />
              )
            }
          >
            <RuleEditor value={one.when} onChange={(when) => change({ when })} />
          </Card>
        )
      })}
      <AddButton
        label={t.addTransition}
        onClick={() => set({ transitions: [...transitions, { from: [], to: '', when: everyone }] })}
      />
      <Checkbox
        checked={lifecycle.settle ?? false}
        onChange={({ target }) => set({ settle: target.checked })}
      >
        {t.settle}
      </Checkbox>
    </Flex>
  )
}
