import { Flex, Select } from 'antd'
import type { z } from 'zod'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { SegmentLeaf, TagLeaf } from '../common/rule.ts'
import { startOf, type ValueKind } from './comparison-value.ts'
import { DidFields } from './DidFields.tsx'
import { useEditor } from './editor-context.ts'
import { ruleText } from './rule-text.ts'
import type { LeafNode } from './rule-tree.ts'
import { useTagValues } from './use-vocabulary.ts'
import { ComparisonInput } from './ValueInput.tsx'

/** The controls of one condition. */
export function LeafFields({ node }: { node: LeafNode }) {
  if (node.kind === 'did') return <DidFields id={node.id} leaf={node.leaf} isNegated={node.isNegated} />
  return (
    <Flex gap={8} align="center" wrap>
      {node.kind === 'tag' ? (
        <TagFields id={node.id} leaf={node.leaf} isNegated={node.isNegated} />
      ) : (
        <SegmentFields id={node.id} leaf={node.leaf} isNegated={node.isNegated} />
      )}
    </Flex>
  )
}

/** Whether the condition must hold or must not. */
export function Polarity(props: { id: string; isNegated: boolean; yes: string; no: string }) {
  const t = useText(ruleText)
  const { act } = useEditor()
  return (
    <Select
      aria-label={t.polarity}
      value={props.isNegated}
      onChange={() => act(props.id, 'negate')}
      options={[
        { value: false, label: props.yes },
        { value: true, label: props.no },
      ]}
      popupMatchSelectWidth={false}
      style={{ minWidth: 88 }}
    />
  )
}

function TagFields({ id, leaf, isNegated }: { id: string; leaf: TagLeaf; isNegated: boolean }) {
  const t = useText(ruleText)
  const language = useLanguage()
  const { vocabulary, setLeaf, freshId } = useEditor()
  const kind: ValueKind = vocabulary.tags.find((tag) => tag.key === leaf.tag)?.type ?? 'text'
  const values = useTagValues(leaf.tag, kind === 'enum')
  const choose = (key: string) => {
    const type = vocabulary.tags.find((tag) => tag.key === key)?.type
    setLeaf(
      id,
      { tag: key, ...(type === kind ? { is: leaf.is, value: leaf.value } : startOf(type ?? 'text')) },
      'tag',
    )
  }
  return (
    <>
      <Select
        aria-label={t.tag}
        placeholder={t.tag}
        autoFocus={freshId === id}
        showSearch={{ optionFilterProp: 'words' }}
        value={leaf.tag || undefined}
        onChange={choose}
        options={vocabulary.tags.map((tag) => ({
          value: tag.key,
          label: tag.name[language],
          words: `${tag.name.zh} ${tag.name.en} ${tag.key}`,
        }))}
        popupMatchSelectWidth={false}
        style={{ minWidth: 168, maxWidth: 280 }}
      />
      <Polarity id={id} isNegated={isNegated} yes={t.holds} no={t.holdsNot} />
      {leaf.tag !== '' && (
        <ComparisonInput
          kind={kind}
          condition={leaf}
          onChange={({ is, value }, field) =>
            setLeaf(id, { tag: leaf.tag, is, ...(value === undefined ? {} : { value }) }, field)
          }
          suggestions={values.map(({ value, count }) => ({ value, hint: String(count) }))}
        />
      )}
    </>
  )
}

function SegmentFields({
  id,
  leaf,
  isNegated,
}: {
  id: string
  leaf: z.infer<typeof SegmentLeaf>
  isNegated: boolean
}) {
  const t = useText(ruleText)
  const { vocabulary, setLeaf, freshId, withoutSegment } = useEditor()
  return (
    <>
      <Polarity id={id} isNegated={isNegated} yes={t.isIn} no={t.isNotIn} />
      <Select
        aria-label={t.segment}
        placeholder={t.segment}
        autoFocus={freshId === id}
        showSearch={{ optionFilterProp: 'words' }}
        value={leaf.segment || undefined}
        onChange={(segment: string) => setLeaf(id, { segment }, 'segment')}
        options={vocabulary.segments
          .filter((segment) => segment.key !== withoutSegment)
          .map((segment) => ({
            value: segment.key,
            label: segment.name,
            words: `${segment.name} ${segment.key}`,
          }))}
        popupMatchSelectWidth={false}
        style={{ minWidth: 200, maxWidth: 320 }}
      />
    </>
  )
}
