import { InputNumber, Select, Tooltip } from 'antd'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { Rule } from '../common/rule.ts'
import { ChoiceSelect } from './ChoiceSelect.tsx'
import { useEditor } from './editor-context.ts'
import type { LeafByKind } from './leaf-kinds.ts'
import { Polarity } from './Polarity.tsx'
import { ruleText } from './rule-text.ts'
import { ruleSentence } from './rule-words.ts'
import { TagSelect } from './TagFields.tsx'

const everyone = '\u0000all'
const custom = '\u0000rule'

/** The first n customers by the value of a tag, of everyone or of a segment. */
export function TopFields({
  id,
  leaf,
  isNegated,
}: {
  id: string
  leaf: LeafByKind['top']
  isNegated: boolean
}) {
  const t = useText(ruleText)
  const { setLeaf, freshId } = useEditor()
  const { top } = leaf
  const set = (changed: Partial<typeof top>, field: string) => {
    const { of, ...next } = { ...top, ...changed }
    setLeaf(id, { top: { ...next, ...(of ? { of } : {}) } }, field)
  }
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isTop} no={t.isNotTop} />
      <InputNumber
        aria-label={t.howMany}
        min={1}
        max={1_000_000}
        precision={0}
        value={top.n}
        onChange={(n) => set({ n: n ?? (undefined as unknown as number) }, 'n')}
        style={{ width: 104 }}
      />
      <span className="quiet">{t.customersUnit}</span>
      <TagSelect
        onlyNumbers
        value={top.tag}
        isFresh={freshId === id}
        onChange={(tag) => set({ tag }, 'tag')}
      />
      <Select
        aria-label={t.order}
        value={top.order ?? 'desc'}
        onChange={(order: 'asc' | 'desc') => set({ order }, 'order')}
        options={[
          { value: 'desc', label: t.highest },
          { value: 'asc', label: t.lowest },
        ]}
        style={{ minWidth: 104 }}
      />
      <Among value={top.of} onChange={(of) => set({ of }, 'of')} />
    </>
  )
}

/** Of whom the first are taken. A rule of its own, written as JSON or pasted, is shown in words. */
function Among({ value, onChange }: { value: Rule | undefined; onChange: (rule: Rule | undefined) => void }) {
  const t = useText(ruleText)
  const language = useLanguage()
  const { vocabulary, withoutSegment } = useEditor()
  const segment = value && 'segment' in value ? value.segment : undefined
  const chosen = value === undefined ? everyone : (segment ?? custom)
  const own = chosen === custom && value ? [{ value: custom, label: t.ownRule }] : []
  return (
    <Tooltip title={chosen === custom && value ? ruleSentence(value, vocabulary.names, language) : undefined}>
      <span>
        <ChoiceSelect
          label={t.among}
          value={chosen}
          onChange={(key) => key !== custom && onChange(key === everyone ? undefined : { segment: key })}
          choices={[
            { value: everyone, label: t.amongAll },
            ...own,
            ...vocabulary.segments
              .filter(({ key }) => key !== withoutSegment)
              .map(({ key, name }) => ({ value: key, label: `${t.among}${name}` })),
          ]}
        />
      </span>
    </Tooltip>
  )
}
