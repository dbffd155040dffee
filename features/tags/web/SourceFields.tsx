import { PlusOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Form, Input, Segmented, Select } from 'antd'
import { EventSelect, PropertyInput, RuleEditor, WhereList, WithinInput } from '#features/rules/web/index.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { TagSource } from '../common/tag.ts'
import { kindOf, type SourceKind, startOf, type TagDraft } from './tag-draft.ts'
import { aggNames, tagText } from './tag-text.ts'
import { aggregations } from './tag-types.ts'

type EventSource = Extract<TagSource, { event: string }>

/** Where the values come from: an attribute, a statistic of an event, or a rule. */
export function SourceFields({ draft, onChange }: { draft: TagDraft; onChange: (draft: TagDraft) => void }) {
  const t = useText(tagText)
  const { source } = draft
  const set = (next: TagSource) =>
    onChange({ ...draft, source: next, type: 'rule' in next ? 'bool' : draft.type })
  const kinds: Record<SourceKind, string> = { attribute: t.attribute, event: t.event, rule: t.rule }
  return (
    <Card
      size="small"
      title={t.sourceTitle}
      extra={
        <Segmented<SourceKind>
          size="small"
          value={kindOf(source)}
          onChange={(kind) => set(startOf[kind])}
          options={(Object.keys(kinds) as SourceKind[]).map((kind) => ({ value: kind, label: kinds[kind] }))}
        />
      }
    >
      {'attribute' in source && (
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
              onChange={(event) => set({ attribute: event.target.value })}
              style={{ maxWidth: 320 }}
            />
          </Form.Item>
        </Form>
      )}
      {'rule' in source && <RuleEditor value={source.rule} onChange={(rule) => set({ rule })} />}
      {'event' in source && <EventFields source={source} onChange={set} />}
    </Card>
  )
}

/** Leaves out what is not set, so that the definition stays as short as it can be. */
const compact = (source: EventSource): EventSource => ({
  event: source.event,
  ...(source.where && source.where.length > 0 ? { where: source.where } : {}),
  ...(source.within ? { within: source.within } : {}),
  agg: source.agg,
  ...(source.prop && source.agg !== 'count' ? { prop: source.prop } : {}),
})

function EventFields({ source, onChange }: { source: EventSource; onChange: (source: EventSource) => void }) {
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
          options={aggregations.map((agg) => ({ value: agg, label: pick(aggNames[agg]) }))}
          popupMatchSelectWidth={false}
          style={{ minWidth: 128 }}
        />
        {source.agg !== 'count' && (
          <>
            <span className="quiet">{t.of}</span>
            <PropertyInput
              event={source.event}
              value={source.prop ?? ''}
              onChange={(prop) => set({ prop })}
            />
          </>
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
