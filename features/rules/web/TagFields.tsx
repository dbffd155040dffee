import { CloseOutlined, HistoryOutlined } from '@ant-design/icons'
import { Button, Flex, Tooltip } from 'antd'
import { useState } from 'react'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { TagLeaf } from '../common/rule.ts'
import { ChoiceSelect } from './ChoiceSelect.tsx'
import { startOf, type ValueKind } from './comparison-value.ts'
import { useEditor } from './editor-context.ts'
import { Polarity } from './Polarity.tsx'
import { ruleText } from './rule-text.ts'
import { useTagValues } from './use-vocabulary.ts'
import { ComparisonInput } from './ValueInput.tsx'

/** Chooses a tag by its name in either language, its key, pinyin or initials. */
export function TagSelect(props: {
  value: string
  isFresh?: boolean
  onlyNumbers?: boolean
  onChange: (key: string) => void
}) {
  const t = useText(ruleText)
  const language = useLanguage()
  const { vocabulary } = useEditor()
  const fits = props.onlyNumbers
    ? vocabulary.tags.filter(({ type }) => type === 'number' || type === 'date')
    : vocabulary.tags
  return (
    <ChoiceSelect
      label={t.tag}
      testId="rule-tag"
      isFresh={props.isFresh ?? false}
      value={props.value}
      onChange={props.onChange}
      choices={fits.map((tag) => ({
        value: tag.key,
        label: tag.name[language],
        texts: [tag.name.zh, tag.name.en],
      }))}
    />
  )
}

/** The condition on a tag: which, how it compares, and as of which day. */
export function TagFields({ id, leaf, isNegated }: { id: string; leaf: TagLeaf; isNegated: boolean }) {
  const t = useText(ruleText)
  const { vocabulary, setLeaf, freshId } = useEditor()
  const typeOf = (key: string) => vocabulary.tags.find((tag) => tag.key === key)?.type
  const kind: ValueKind = typeOf(leaf.tag) ?? 'text'
  const values = useTagValues(leaf.tag, kind === 'enum')
  const day = leaf.at === undefined ? {} : { at: leaf.at }
  const choose = (key: string) => {
    const type = typeOf(key)
    const condition = type === kind ? { is: leaf.is, value: leaf.value } : startOf(type ?? 'text')
    setLeaf(id, { tag: key, ...condition, ...day }, 'tag')
  }
  return (
    <>
      <TagSelect value={leaf.tag} isFresh={freshId === id} onChange={choose} />
      <Polarity id={id} isNegated={isNegated} yes={t.holds} no={t.holdsNot} />
      {leaf.tag !== '' && (
        <ComparisonInput
          kind={kind}
          condition={leaf}
          onChange={({ is, value }, field) =>
            setLeaf(id, { tag: leaf.tag, is, ...(value === undefined ? {} : { value }), ...day }, field)
          }
          suggestions={values.map(({ value, count }) => ({ value, hint: String(count) }))}
        />
      )}
      {leaf.tag !== '' && <PastDay id={id} leaf={leaf} />}
    </>
  )
}

/** The value at the end of a past day instead of now. */
function PastDay({ id, leaf }: { id: string; leaf: TagLeaf }) {
  const t = useText(ruleText)
  const { setLeaf } = useEditor()
  const [isOpen, setOpen] = useState(leaf.at !== undefined)
  const { at: _, ...now } = leaf
  if (!isOpen && leaf.at === undefined) {
    return (
      <Tooltip title={t.atDay}>
        <Button
          type="text"
          size="small"
          icon={<HistoryOutlined />}
          aria-label={t.atDay}
          onClick={() => setOpen(true)}
        />
      </Tooltip>
    )
  }
  return (
    <Flex gap={4} align="center">
      <span className="quiet">{t.atEndOf}</span>
      <DateBox
        label={t.atDay}
        value={leaf.at ?? ''}
        onChange={(at) => setLeaf(id, at ? { ...now, at } : now, 'at')}
        style={{ width: 148 }}
      />
      <Button
        type="text"
        size="small"
        icon={<CloseOutlined />}
        aria-label={`${t.remove} ${t.atDay}`}
        onClick={() => {
          setOpen(false)
          setLeaf(id, now, 'at')
        }}
      />
    </Flex>
  )
}
