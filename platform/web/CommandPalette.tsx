import { SearchOutlined } from '@ant-design/icons'
import { useQueries } from '@tanstack/react-query'
import { Flex, Input, Modal, Spin } from 'antd'
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import type { MenuEntry, SearchHit, SearchSource } from './feature.ts'
import { matches } from './palette-match.ts'
import { useMay } from './session.tsx'
import { shellText } from './shell-text.ts'
import { usePick, useText } from './text.ts'

type Group = { label: string; hits: readonly SearchHit[] }

/** Global search: pages at once, then what each feature finds of the text, all by keyboard. */
export function CommandPalette(props: {
  isOpen: boolean
  onClose: () => void
  menu: readonly MenuEntry[]
  sources: readonly SearchSource[]
}) {
  const t = useText(shellText)
  const [text, setText] = useState('')
  return (
    <Modal
      open={props.isOpen}
      onCancel={props.onClose}
      afterOpenChange={(isOpen) => !isOpen && setText('')}
      footer={null}
      closable={false}
      width={640}
      destroyOnHidden
      title={<span className="visually-hidden">{t.searchEverything}</span>}
      styles={{ header: { margin: 0, height: 0 }, body: { padding: 0 } }}
      style={{ top: 80 }}
    >
      <Results {...props} text={text} setText={setText} />
    </Modal>
  )
}

function Results(props: {
  onClose: () => void
  menu: readonly MenuEntry[]
  sources: readonly SearchSource[]
  text: string
  setText: (text: string) => void
}) {
  const t = useText(shellText)
  const navigate = useNavigate()
  const { groups, isSearching } = useHits(props)
  const hits = useMemo(() => groups.flatMap((group) => group.hits), [groups])
  const [chosen, setChosen] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text starts from its first hit
  useEffect(() => setChosen(0), [props.text])
  const open = (hit: SearchHit | undefined) => {
    if (!hit) return
    props.onClose()
    void navigate(hit.path)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && hits.length > 0) {
      event.preventDefault()
      setChosen((chosen + step + hits.length) % hits.length)
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) open(hits[chosen])
  }
  return (
    <Flex vertical gap={8}>
      <Input
        autoFocus
        size="large"
        variant="borderless"
        prefix={isSearching ? <Spin size="small" /> : <SearchOutlined />}
        placeholder={t.searchEverything}
        aria-label={t.searchEverything}
        role="combobox"
        aria-expanded
        aria-controls="palette-hits"
        aria-activedescendant={hits[chosen] ? `hit-${chosen}` : undefined}
        value={props.text}
        onChange={(event) => props.setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div id="palette-hits" role="listbox" aria-label={t.searchEverything} className="palette-hits">
        {groups.map((group) => (
          <HitGroup
            key={group.label}
            group={group}
            from={hits.indexOf(group.hits[0] as SearchHit)}
            chosen={chosen}
            open={open}
          />
        ))}
        {props.text && hits.length === 0 && !isSearching && <p className="quiet">{t.noHits}</p>}
      </div>
      <span className="quiet small">{t.searchHint}</span>
    </Flex>
  )
}

function HitGroup(props: { group: Group; from: number; chosen: number; open: (hit: SearchHit) => void }) {
  return (
    <div>
      <div className="quiet small palette-group">{props.group.label}</div>
      {props.group.hits.map((hit, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys work in the box above, as a combobox has it
        <div
          key={hit.path}
          id={`hit-${props.from + index}`}
          role="option"
          tabIndex={-1}
          aria-selected={props.from + index === props.chosen}
          className="palette-hit"
          onClick={() => props.open(hit)}
        >
          <span>{hit.title}</span>
          <span className="quiet small">{hit.hint}</span>
        </div>
      ))}
    </div>
  )
}

function useHits(props: { menu: readonly MenuEntry[]; sources: readonly SearchSource[]; text: string }) {
  const t = useText(shellText)
  const pick = usePick()
  const may = useMay()
  const [settled, setSettled] = useState('')
  const text = props.text.trim()
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 200)
    return () => clearTimeout(timer)
  }, [text])
  const sources = props.sources.filter((source) => may(source.permission))
  const found = useQueries({
    queries: sources.map((source) => ({
      queryKey: ['palette', source.label[1], settled],
      queryFn: ({ signal }: { signal: AbortSignal }) => source.find(settled, signal),
      enabled: settled.length > 0,
      retry: false,
    })),
  })
  const pages = props.menu
    .filter((entry) => text === '' || matches(text, [...entry.label, entry.path, entry.keywords ?? '']))
    .map((entry) => ({ path: entry.path, title: pick(entry.label), hint: entry.path }))
  const groups: Group[] = [
    { label: t.pages, hits: pages },
    ...sources.map((source, index) => ({
      label: pick(source.label),
      hits: text === '' ? [] : (found[index]?.data ?? []),
    })),
  ].filter((group) => group.hits.length > 0)
  return { groups, isSearching: text !== '' && found.some((query) => query.isFetching) }
}
