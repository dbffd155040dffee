import { useQuery } from '@tanstack/react-query'
import { AutoComplete, Flex, Input, InputNumber, Select } from 'antd'
import { productClassName } from '#features/customers/web/customer-text.ts'
import { EventSelect, PropertyInput, useVocabulary, WithinInput } from '#features/rules/web/index.ts'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { Pair } from '#platform/web/language.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { SourceByKind } from '../common/tag-source.ts'
import { balanceStatNames, holdingStatNames, rfmPartNames } from './source-words.ts'
import { tagText } from './tag-text.ts'

type Props<K extends keyof SourceByKind> = {
  source: SourceByKind[K]
  onChange: (source: SourceByKind[K]) => void
}

const classes = ['demand', 'time_deposit', 'wealth', 'fund'] as const

function Choice<T extends string>(props: {
  label: string
  value: T
  names: { readonly [V in T]: Pair }
  onChange: (value: T) => void
}) {
  const pick = usePick()
  return (
    <Select<T>
      aria-label={props.label}
      value={props.value}
      onChange={props.onChange}
      popupMatchSelectWidth={false}
      style={{ minWidth: 128 }}
      options={(Object.keys(props.names) as T[]).map((value) => ({ value, label: pick(props.names[value]) }))}
    />
  )
}

function Days({ value, onChange }: { value: number | undefined; onChange: (days: number) => void }) {
  const t = useText(tagText)
  return (
    <InputNumber
      aria-label={t.days}
      min={1}
      max={3660}
      precision={0}
      suffix={t.days}
      value={value ?? 30}
      onChange={(days) => onChange(days ?? 30)}
    />
  )
}

/** A statistic of a balance; a class of the bank's own may be typed. */
export function BalanceFields({ source, onChange }: Props<'balance'>) {
  const t = useText(tagText)
  const pick = usePick()
  const needsDays = source.stat !== 'last' && source.stat !== 'monthAverage'
  const set = ({ balance, stat, days, currency }: SourceByKind['balance']) =>
    onChange({
      balance,
      stat,
      ...(stat !== 'last' && stat !== 'monthAverage' ? { days: days ?? 30 } : {}),
      ...(currency ? { currency } : {}),
    })
  return (
    <Flex gap={8} wrap align="center">
      <AutoComplete
        aria-label={t.balanceClass}
        style={{ minWidth: 144 }}
        value={source.balance}
        onChange={(balance: string) => set({ ...source, balance })}
        options={[
          { value: 'aum', label: 'AUM' },
          ...classes.map((one) => ({ value: one, label: pick(productClassName(one)) })),
        ]}
      />
      <Choice
        label={t.agg}
        value={source.stat}
        names={balanceStatNames}
        onChange={(stat) => set({ ...source, stat })}
      />
      {needsDays && <Days value={source.days} onChange={(days) => set({ ...source, days })} />}
    </Flex>
  )
}

/** A statistic of products held. */
export function HoldingFields({ source, onChange }: Props<'holding'>) {
  const t = useText(tagText)
  const pick = usePick()
  const set = (changed: Partial<SourceByKind['holding']>) => {
    const { holding, stat, days } = { ...source, ...changed }
    onChange({ holding, stat, ...(stat === 'maturing' ? { days: days ?? 30 } : {}) })
  }
  const { family, product } = source.holding
  return (
    <Flex gap={8} wrap align="center">
      <Select
        aria-label={t.family}
        style={{ minWidth: 128 }}
        value={family ?? ''}
        onChange={(next) =>
          set({ holding: { ...(next ? { family: next } : {}), ...(product ? { product } : {}) } })
        }
        options={[
          { value: '', label: t.anyProduct },
          ...classes.slice(1).map((one) => ({ value: one as string, label: pick(productClassName(one)) })),
        ]}
      />
      <Input
        aria-label={t.product}
        placeholder={t.product}
        style={{ width: 128 }}
        value={product ?? ''}
        onChange={({ target }) =>
          set({
            holding: { ...(family ? { family } : {}), ...(target.value ? { product: target.value } : {}) },
          })
        }
      />
      <Choice label={t.agg} value={source.stat} names={holdingStatNames} onChange={(stat) => set({ stat })} />
      {source.stat === 'maturing' && <Days value={source.days} onChange={(days) => set({ days })} />}
    </Flex>
  )
}

/** Groups by recency, frequency and amount of an event. */
export function RfmFields({ source: { rfm }, onChange }: Props<'rfm'>) {
  const t = useText(tagText)
  const set = (changed: Partial<typeof rfm>) => {
    const next = { ...rfm, ...changed }
    onChange({
      rfm: {
        event: next.event,
        ...(next.prop ? { prop: next.prop } : {}),
        ...(next.within ? { within: next.within } : {}),
        part: next.part,
        groups: next.groups ?? 5,
      },
    })
  }
  return (
    <Flex gap={8} wrap align="center">
      <EventSelect value={rfm.event} onChange={(event) => set({ event })} />
      <WithinInput value={rfm.within} onChange={(within) => set({ within })} />
      <PropertyInput event={rfm.event} value={rfm.prop ?? ''} onChange={(prop) => set({ prop })} />
      <Choice label={t.agg} value={rfm.part} names={rfmPartNames} onChange={(part) => set({ part })} />
      <InputNumber
        aria-label={t.groups}
        prefix={t.groups}
        min={2}
        max={9}
        precision={0}
        value={rfm.groups ?? 5}
        onChange={(groups) => set({ groups: groups ?? 5 })}
      />
    </Flex>
  )
}

/** Of a list that was uploaded. */
export function ListFields({ source, onChange }: Props<'list'>) {
  const t = useText(tagText)
  const { lists } = useVocabulary()
  return (
    <Select
      aria-label={t.list}
      placeholder={t.list}
      showSearch={{ optionFilterProp: 'label' }}
      style={{ minWidth: 240 }}
      value={source.list || undefined}
      onChange={(list) => onChange({ list })}
      options={lists.map((one) => ({ value: one.key, label: `${one.name} ${one.key}` }))}
    />
  )
}

type ModelOption = { key: string; name: string | { zh: string; en: string } }

/** The score of a registered model. */
export function ModelFields({ source, onChange }: Props<'model'>) {
  const t = useText(tagText)
  const pick = usePick()
  const models = useQuery({
    queryKey: ['/api/models', 'choice'],
    queryFn: ({ signal }) => api.get<Page<ModelOption>>('/api/models', { limit: 200 }, signal),
    retry: false,
  })
  return (
    <AutoComplete
      aria-label={t.model}
      placeholder={t.model}
      style={{ minWidth: 240 }}
      value={source.model}
      onChange={(model: string) => onChange({ model })}
      options={models.data?.items.map(({ key, name }) => ({
        value: key,
        label: `${typeof name === 'string' ? name : pick(name)} ${key}`,
      }))}
    />
  )
}

/** One SELECT, read by another person before it counts. */
export function SqlFields({ source, onChange }: Props<'sql'>) {
  const t = useText(tagText)
  return (
    <Flex vertical gap={4}>
      <Input.TextArea
        aria-label="SQL"
        autoSize={{ minRows: 6, maxRows: 20 }}
        maxLength={20_000}
        style={{ fontFamily: 'monospace' }}
        value={source.sql}
        onChange={({ target }) => onChange({ sql: target.value })}
      />
      <span className="quiet small">{t.sqlHint}</span>
    </Flex>
  )
}
