import { PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form, Input, InputNumber, Select } from 'antd'
import { EventSelect, PropertyInput, RuleEditor, WhereList, WithinInput } from '#features/rules/web/index.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { SourceByKind, TagKindName, TagSource } from '../common/tag-source.ts'
import { BalanceFields, HoldingFields, ListFields, ModelFields, RfmFields, SqlFields } from './FactFields.tsx'
import { BandsFields, CasesFields, LifecycleFields } from './LayerFields.tsx'
import { aggNames, kindNames, kindOf, kindOrder } from './source-words.ts'
import { startOf, type TagDraft, typeOf } from './tag-draft.ts'
import { tagText } from './tag-text.ts'

/** Fields of one kind of source. */
export type FieldsOf<K extends TagKindName> = (props: {
  source: SourceByKind[K]
  onChange: (source: SourceByKind[K]) => void
}) => React.ReactNode

const fields: { readonly [K in TagKindName]: FieldsOf<K> } = {
  attribute: AttributeFields,
  event: EventFields,
  rule: ({ source, onChange }) => <RuleEditor value={source.rule} onChange={(rule) => onChange({ rule })} />,
  balance: BalanceFields,
  holding: HoldingFields,
  bands: BandsFields,
  cases: CasesFields,
  lifecycle: LifecycleFields,
  rfm: RfmFields,
  list: ListFields,
  model: ModelFields,
  sql: SqlFields,
}

/** Where the values come from: one form for each kind of source. */
export function SourceFields({ draft, onChange }: { draft: TagDraft; onChange: (draft: TagDraft) => void }) {
  const t = useText(tagText)
  const pick = usePick()
  const { source } = draft
  const kind = kindOf(source)
  const set = (next: TagSource, type?: TagDraft['type']) =>
    onChange({ ...draft, source: next, type: typeOf(next) ?? type ?? draft.type })
  const Fields = fields[kind] as FieldsOf<TagKindName>
  return (
    <Card
      size="small"
      title={t.sourceTitle}
      extra={
        <Select<TagKindName>
          size="small"
          aria-label={t.source}
          data-testid="tag-kind"
          style={{ minWidth: 128 }}
          popupMatchSelectWidth={false}
          value={kind}
          onChange={(next) => set(startOf[next].source, startOf[next].type)}
          options={kindOrder.map((one) => ({ value: one, label: pick(kindNames[one]) }))}
        />
      }
    >
      <Fields source={source as never} onChange={set} />
    </Card>
  )
}

function AttributeFields({ source, onChange }: Parameters<FieldsOf<'attribute'>>[0]) {
  const t = useText(tagText)
  return (
    <Form layout="vertical" component="div">
      <Form.Item
        label={t.attributeName}
        htmlFor="tag-attribute"
        extra={t.attributeHint}
        style={{ marginBottom: 0 }}
      >
        <Input
          id="tag-attribute"
          maxLength={200}
          value={source.attribute}
          onChange={(event) => onChange({ attribute: event.target.value })}
          style={{ maxWidth: 320 }}
        />
      </Form.Item>
    </Form>
  )
}

type EventSource = SourceByKind['event']
const withoutProp: readonly EventSource['agg'][] = ['count', 'days', 'streak']

/** Leaves out what is not set, so that the definition stays as short as it can be. */
const compact = (source: EventSource): EventSource => ({
  event: source.event,
  ...(source.where && source.where.length > 0 ? { where: source.where } : {}),
  ...(source.within ? { within: source.within } : {}),
  agg: source.agg,
  ...(source.prop && !withoutProp.includes(source.agg) ? { prop: source.prop } : {}),
  ...(source.rank && source.agg === 'top' ? { rank: source.rank } : {}),
})

function EventFields({ source, onChange }: Parameters<FieldsOf<'event'>>[0]) {
  const t = useText(tagText)
  const pick = usePick()
  const set = (changed: Partial<EventSource>) => onChange(compact({ ...source, ...changed }))
  return (
    <Flex vertical gap={12}>
      <Flex gap={8} wrap align="center">
        <EventSelect value={source.event} onChange={(event) => set({ event })} />
        <WithinInput value={source.within} onChange={(within) => set({ within })} />
      </Flex>
      <Flex gap={8} wrap align="center">
        <span className="quiet">{t.agg}</span>
        <Select
          aria-label={t.agg}
          value={source.agg}
          onChange={(agg) => set({ agg })}
          options={(Object.keys(aggNames) as EventSource['agg'][]).map((agg) => ({
            value: agg,
            label: pick(aggNames[agg]),
          }))}
          popupMatchSelectWidth={false}
          style={{ minWidth: 128 }}
        />
        {!withoutProp.includes(source.agg) && (
          <>
            <span className="quiet">{t.of}</span>
            <PropertyInput
              event={source.event}
              value={source.prop ?? ''}
              onChange={(prop) => set({ prop })}
            />
          </>
        )}
        {source.agg === 'top' && (
          <InputNumber
            aria-label={t.rank}
            prefix={t.rank}
            min={1}
            max={100}
            precision={0}
            value={source.rank ?? 1}
            onChange={(rank) => set({ rank: rank ?? 1 })}
          />
        )}
      </Flex>
      <WhereList event={source.event} where={source.where ?? []} onChange={(where) => set({ where })} />
      <div>
        <Button
          size="small"
          type="dashed"
          icon={<PlusOutlined />}
          onClick={() => set({ where: [...(source.where ?? []), { prop: '', is: 'eq' }] })}
        >
          {t.addWhere}
        </Button>
      </div>
    </Flex>
  )
}
