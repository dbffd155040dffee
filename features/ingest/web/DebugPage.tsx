import { Alert, Badge, Button, Card, Checkbox, Flex, Input, Select, Tag } from 'antd'
import { useState } from 'react'
import { useFormat } from '#platform/web/format.ts'
import { SearchBox } from '#platform/web/ListPage.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters } from '#platform/web/use-list.ts'
import { type DebugFilter, debugKinds } from '../common/debug-filter.ts'
import { debugText } from './debug-text.ts'
import { rejectNames } from './ingest-text.ts'
import { JsonView } from './JsonView.tsx'
import { type DebugState, type Seen, useDebugStream } from './use-debug-stream.ts'

/** What one device, customer or source sends, as it arrives. */
export function DebugPage() {
  const t = useText(debugText)
  const address = useFilters(['kind', 'value'])
  const kind = debugKinds.find((name) => name === address.values.kind) ?? 'device'
  const { value } = address.values
  const filter: DebugFilter | null = value === '' ? null : { kind, value }
  const stream = useDebugStream(filter)
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.debug} description={t.debugHint} />
      <Card size="small">
        <StartForm
          key={`${kind} ${value}`}
          filter={{ kind, value }}
          isRunning={filter !== null && stream.state !== 'ended' && stream.state !== 'failed'}
          onStart={(next) => address.set({ kind: next.kind, value: next.value })}
          onStop={() => address.set({ value: null })}
        />
      </Card>
      {filter ? (
        <Messages stream={stream} onClear={stream.clear} />
      ) : (
        <Card size="small">
          <EmptyState title={t.notStarted} hint={t.startHint} />
        </Card>
      )}
    </Flex>
  )
}

function StartForm(props: {
  filter: DebugFilter
  isRunning: boolean
  onStart: (filter: DebugFilter) => void
  onStop: () => void
}) {
  const t = useText(debugText)
  const [kind, setKind] = useState(props.filter.kind)
  const [value, setValue] = useState(props.filter.value)
  const hints = { device: t.deviceHint, customerNo: t.customerHint, source: t.sourceHint }
  const isSame = kind === props.filter.kind && value.trim() === props.filter.value
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (value.trim() !== '') props.onStart({ kind, value: value.trim() })
      }}
    >
      <Flex gap={8} wrap>
        <Select
          aria-label={t.debug}
          style={{ width: 130 }}
          value={kind}
          onChange={setKind}
          options={debugKinds.map((name) => ({ value: name, label: t[name] }))}
        />
        <Input
          aria-label={t[kind]}
          placeholder={hints[kind]}
          value={value}
          maxLength={200}
          onChange={(event) => setValue(event.target.value)}
          style={{ flex: '1 1 200px', maxWidth: 420 }}
          data-testid="debug-value"
        />
        {props.isRunning && isSame ? (
          <Button onClick={props.onStop}>{t.stop}</Button>
        ) : (
          <Button type="primary" htmlType="submit" disabled={value.trim() === ''} data-testid="debug-start">
            {t.start}
          </Button>
        )}
      </Flex>
    </form>
  )
}

const badges = {
  idle: 'default',
  connecting: 'processing',
  live: 'success',
  ended: 'default',
  failed: 'error',
} as const

function Messages({ stream, onClear }: { stream: DebugState; onClear: () => void }) {
  const t = useText(debugText)
  const format = useFormat()
  const [frozen, setFrozen] = useState<readonly Seen[]>()
  const [event, setEvent] = useState('')
  const [onlyRefused, setOnlyRefused] = useState(false)
  const all = frozen ?? stream.seen
  const shown = all.filter(
    (one) => one.event.toLowerCase().includes(event.toLowerCase()) && (!onlyRefused || one.refused !== null),
  )
  const newest = frozen?.[0]?.id
  const held = frozen ? stream.seen.findIndex(({ id }) => id === newest) : 0
  const states = { ...t, idle: t.notStarted, failed: t.ended }
  return (
    <Card size="small">
      <Flex vertical gap={12}>
        <Flex gap={12} align="center" wrap>
          <Badge
            status={frozen ? 'warning' : badges[stream.state]}
            text={frozen ? t.paused : states[stream.state]}
          />
          {stream.expiresAt && stream.state === 'live' && (
            <span className="quiet small">{t.until(format.time(stream.expiresAt).slice(-5))}</span>
          )}
          <SearchBox label={t.filter} value={event} onChange={setEvent} width={180} />
          <Checkbox checked={onlyRefused} onChange={(change) => setOnlyRefused(change.target.checked)}>
            {t.onlyRefused}
          </Checkbox>
          <Button size="small" onClick={() => setFrozen(frozen ? undefined : stream.seen)}>
            {frozen ? t.resume : t.pause}
          </Button>
          <Button size="small" onClick={onClear}>
            {t.clear}
          </Button>
          {held > 0 && <span className="quiet small">{t.held(format.number(held))}</span>}
        </Flex>
        {stream.state === 'failed' && <Alert type="error" showIcon title={t.failed} />}
        {stream.skipped > 0 && (
          <Alert type="info" showIcon title={t.skipped(format.number(stream.skipped))} />
        )}
        {shown.length === 0 ? (
          <EmptyState title={t.waiting} hint={t.waitingHint} />
        ) : (
          <ul
            aria-label={t.list}
            aria-live="polite"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
            tabIndex={0}
            style={{ listStyle: 'none', margin: 0, padding: 0, overflow: 'auto', maxHeight: '65vh' }}
          >
            {shown.map((one) => (
              <Message key={one.id} seen={one} />
            ))}
          </ul>
        )}
        <span className="quiet small">{t.masked}</span>
      </Flex>
    </Card>
  )
}

function Message({ seen }: { seen: Seen }) {
  const t = useText(debugText)
  const pick = usePick()
  const format = useFormat()
  const { refused, planFindings } = seen
  const name =
    refused && (rejectNames[refused.code] ? pick(rejectNames[refused.code] ?? ['', '']) : refused.code)
  const who = seen.customerNo && `${seen.customerNo} (${seen.isProven ? t.proven : t.claimed})`
  const { id: _, ...whole } = seen
  return (
    <li style={{ borderTop: '1px solid var(--ant-color-split)', padding: '6px 0' }}>
      <details>
        <summary style={{ cursor: 'pointer' }}>
          <span className="quiet small">{format.exactTime(seen.receivedAt).slice(-8)}</span>{' '}
          <Tag
            style={{ marginInlineEnd: 6 }}
            color={refused ? 'error' : planFindings.length > 0 ? 'warning' : 'success'}
          >
            {refused ? t.refused : planFindings.length > 0 ? t.planNote : t.accepted}
          </Tag>
          <strong>{seen.event || '–'}</strong>{' '}
          <span className="quiet small">{[seen.source, seen.protocol, who].filter(Boolean).join(' · ')}</span>
          {refused && (
            <div className="small" style={{ paddingInlineStart: 16 }}>
              {name} {refused.path && <code>{refused.path}</code>}
            </div>
          )}
        </summary>
        <JsonView value={whole} path={refused ? 'refused' : ''} />
      </details>
    </li>
  )
}
