import { CloseOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Checkbox, Flex, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { useText } from '#platform/web/text.ts'
import type { DidLeaf } from '../common/rule.ts'
import { countOperators } from './comparison-value.ts'
import { EventSelect, PropertyInput, WhereList } from './EventFields.tsx'
import { useEditor } from './editor-context.ts'
import { Polarity } from './Polarity.tsx'
import { ruleText } from './rule-text.ts'
import { ComparisonInput } from './ValueInput.tsx'
import { WithinInput } from './WithinInput.tsx'

/** Leaves out what is not set, so that the rule stays as short as it can be. */
const compact = (leaf: DidLeaf): DidLeaf => ({
  did: leaf.did,
  ...(leaf.where && leaf.where.length > 0 ? { where: leaf.where } : {}),
  ...(leaf.within ? { within: leaf.within } : {}),
  ...(leaf.count ? { count: leaf.count } : {}),
  ...(leaf.sum ? { sum: leaf.sum } : {}),
  ...(leaf.first ? { first: true } : {}),
})

/** The condition "did an event": which, when, with which properties, how often, how much. */
export function DidFields({ id, leaf, isNegated }: { id: string; leaf: DidLeaf; isNegated: boolean }) {
  const t = useText(ruleText)
  const { setLeaf, freshId } = useEditor()
  const set = (changed: Partial<DidLeaf>, field: string) =>
    setLeaf(id, compact({ ...leaf, ...changed }), field)
  const isPlain = !leaf.count && !leaf.sum
  return (
    <Flex vertical gap={8}>
      <Flex gap={8} align="center" wrap>
        <Polarity
          id={id}
          isNegated={isNegated}
          yes={isPlain ? t.did : t.holds}
          no={isPlain ? t.didNot : t.holdsNot}
        />
        <EventSelect value={leaf.did} isFresh={freshId === id} onChange={(did) => set({ did }, 'did')} />
        <Tooltip title={t.firstHint}>
          <Checkbox
            checked={leaf.first ?? false}
            onChange={(event) => set({ first: event.target.checked }, 'first')}
          >
            {t.first}
          </Checkbox>
        </Tooltip>
        <WithinInput value={leaf.within} onChange={(within, field) => set({ within }, `within ${field}`)} />
      </Flex>
      <WhereList
        event={leaf.did}
        where={leaf.where ?? []}
        onChange={(where, field) => set({ where }, field)}
      />
      {leaf.count && <CountRow leaf={leaf} set={set} />}
      {leaf.sum && <SumRow leaf={leaf} set={set} />}
      <Flex gap={4} wrap>
        <MoreButton
          label={t.addWhere}
          onClick={() => set({ where: [...(leaf.where ?? []), { prop: '', is: 'eq' }] }, 'where')}
        />
        {!leaf.count && (
          <MoreButton label={t.addCount} onClick={() => set({ count: { is: 'gte', value: 2 } }, 'count')} />
        )}
        {!leaf.sum && (
          <MoreButton
            label={t.addSum}
            onClick={() => set({ sum: { prop: 'amount', is: 'gte', value: 1000 } }, 'sum')}
          />
        )}
      </Flex>
    </Flex>
  )
}

type RowProps = { leaf: DidLeaf; set: (changed: Partial<DidLeaf>, field: string) => void }

function CountRow({ leaf, set }: RowProps) {
  const t = useText(ruleText)
  if (!leaf.count) return null
  return (
    <DetailRow label={t.count} onRemove={() => set({ count: undefined }, 'count')}>
      <ComparisonInput
        kind="number"
        operators={countOperators}
        condition={leaf.count}
        unit={t.times}
        onChange={({ is, value }, field) =>
          set({ count: { is, value } as DidLeaf['count'] }, `count ${field}`)
        }
      />
    </DetailRow>
  )
}

function SumRow({ leaf, set }: RowProps) {
  const t = useText(ruleText)
  const { sum } = leaf
  if (!sum) return null
  return (
    <DetailRow label={t.sum} onRemove={() => set({ sum: undefined }, 'sum')}>
      <PropertyInput
        event={leaf.did}
        value={sum.prop}
        onChange={(prop) => set({ sum: { ...sum, prop } }, 'sum prop')}
      />
      <ComparisonInput
        kind="number"
        operators={countOperators}
        condition={sum}
        onChange={({ is, value }, field) =>
          set({ sum: { prop: sum.prop, is, value } as DidLeaf['sum'] }, `sum ${field}`)
        }
      />
    </DetailRow>
  )
}

/** A line below a condition with a way to take it off. */
function DetailRow(props: { label: string; onRemove: () => void; children: ReactNode }) {
  const t = useText(ruleText)
  return (
    <Flex gap={8} align="center" wrap className="rule-detail">
      <span className="quiet rule-detail-label">{props.label}</span>
      {props.children}
      <Button
        type="text"
        size="small"
        icon={<CloseOutlined />}
        aria-label={`${t.remove} ${props.label}`}
        onClick={props.onRemove}
      />
    </Flex>
  )
}

const MoreButton = ({ label, onClick }: { label: string; onClick: () => void }) => (
  <Button type="link" size="small" icon={<PlusOutlined />} onClick={onClick}>
    {label}
  </Button>
)
