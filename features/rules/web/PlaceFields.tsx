import { Flex, Input, InputNumber } from 'antd'
import { useText } from '#platform/web/text.ts'
import type { ListLeaf, NearLeaf, OrgLeaf, SampleLeaf, SegmentLeaf } from '../common/rule.ts'
import { ChoiceSelect } from './ChoiceSelect.tsx'
import { EventSelect } from './EventFields.tsx'
import { useEditor } from './editor-context.ts'
import { Polarity } from './Polarity.tsx'
import { ruleText } from './rule-text.ts'
import { WithinInput } from './WithinInput.tsx'

type Props<L> = { id: string; leaf: L; isNegated: boolean }

export function SegmentFields({ id, leaf, isNegated }: Props<SegmentLeaf>) {
  const t = useText(ruleText)
  const { vocabulary, setLeaf, freshId, withoutSegment } = useEditor()
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isIn} no={t.isNotIn} />
      <ChoiceSelect
        label={t.segment}
        isFresh={freshId === id}
        value={leaf.segment}
        onChange={(segment) => setLeaf(id, { segment }, 'segment')}
        choices={vocabulary.segments
          .filter((segment) => segment.key !== withoutSegment)
          .map((segment) => ({ value: segment.key, label: segment.name }))}
        minWidth={200}
      />
    </>
  )
}

export function ListFields({ id, leaf, isNegated }: Props<ListLeaf>) {
  const t = useText(ruleText)
  const { vocabulary, setLeaf, freshId } = useEditor()
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isOnList} no={t.isNotOnList} />
      <ChoiceSelect
        label={t.list}
        isFresh={freshId === id}
        value={leaf.list}
        onChange={(list) => setLeaf(id, { list }, 'list')}
        choices={vocabulary.lists.map((list) => ({ value: list.key, label: list.name }))}
        minWidth={200}
      />
    </>
  )
}

export function OrgFields({ id, leaf, isNegated }: Props<OrgLeaf>) {
  const t = useText(ruleText)
  const { vocabulary, setLeaf, freshId } = useEditor()
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isOfOrg} no={t.isNotOfOrg} />
      <ChoiceSelect
        label={t.org}
        isFresh={freshId === id}
        value={leaf.org}
        onChange={(org) => setLeaf(id, { org }, 'org')}
        choices={vocabulary.orgs.map((org) => ({ value: org.code, label: org.name }))}
        minWidth={200}
      />
      <span className="quiet">{t.andBelow}</span>
    </>
  )
}

/** Kilometres around a place; with an event, where it happened, else where the customer lives. */
export function NearFields({ id, leaf, isNegated }: Props<NearLeaf>) {
  const t = useText(ruleText)
  const { setLeaf } = useEditor()
  const { near, did, within } = leaf
  const set = (changed: Partial<NearLeaf>, field: string) => {
    const next = { near, did, within, ...changed }
    const event = next.did ? { did: next.did, ...(next.within ? { within: next.within } : {}) } : {}
    setLeaf(id, { near: next.near, ...event }, field)
  }
  const coordinate = (name: 'lat' | 'lng' | 'km', label: string, width: number) => (
    <InputNumber
      aria-label={label}
      placeholder={label}
      value={near[name]}
      onChange={(value) => set({ near: { ...near, [name]: value ?? undefined } as NearLeaf['near'] }, name)}
      style={{ width }}
    />
  )
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isNear} no={t.isNotNear} />
      <Flex gap={4} align="center" wrap>
        {coordinate('lat', t.latitude, 104)}
        {coordinate('lng', t.longitude, 104)}
        <span className="quiet">{t.around}</span>
        {coordinate('km', t.kilometres, 80)}
        <span>{t.kilometres}</span>
      </Flex>
      <EventSelect
        value={did ?? ''}
        placeholder={t.livesThere}
        isClearable
        onChange={(event) => set({ did: event || undefined }, 'did')}
      />
      {did !== undefined && (
        <WithinInput value={within} onChange={(next, field) => set({ within: next }, `within ${field}`)} />
      )}
    </>
  )
}

/** A share of all customers that stays the same people as long as the name of the sample does. */
export function SampleFields({ id, leaf, isNegated }: Props<SampleLeaf>) {
  const t = useText(ruleText)
  const { setLeaf, freshId } = useEditor()
  const { sample } = leaf
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isSampled} no={t.isNotSampled} />
      <InputNumber
        aria-label={t.percent}
        autoFocus={freshId === id}
        min={0}
        max={100}
        value={sample.percent}
        suffix="%"
        onChange={(percent) =>
          setLeaf(
            id,
            { sample: { ...sample, percent: percent ?? (undefined as unknown as number) } },
            'percent',
          )
        }
        style={{ width: 96 }}
      />
      <span className="quiet">{t.salt}</span>
      <Input
        aria-label={t.salt}
        title={t.saltHint}
        maxLength={200}
        value={sample.salt}
        onChange={(event) => setLeaf(id, { sample: { ...sample, salt: event.target.value } }, 'salt')}
        style={{ width: 160 }}
      />
    </>
  )
}
