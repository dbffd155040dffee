import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card, Descriptions, Flex, Input, Tag } from 'antd'
import { useState } from 'react'
import { useParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { RejectDetail, ReplayAnswer } from '../common/reject.ts'
import { rejectNames } from './ingest-text.ts'
import { JsonView } from './JsonView.tsx'
import { ReasonDialog } from './ReasonDialog.tsx'
import { rejectText } from './reject-text.ts'

const stateColors = { open: 'warning', replayed: 'success', dismissed: 'default' } as const

/** One refused message: why, what it said, and mending it. */
export function RejectPage() {
  const { rejectId = '' } = useParams()
  const reject = useQuery({
    queryKey: ['/api/rejects', rejectId],
    queryFn: ({ signal }) => api.get<RejectDetail>(pathOf`/api/rejects/${rejectId}`, undefined, signal),
  })
  return <Loaded query={reject}>{(data) => <Detail key={data.rejectId} reject={data} />}</Loaded>
}

const pretty = (text: string): string => JSON.stringify(JSON.parse(text), null, 2)

function Detail({ reject }: { reject: RejectDetail }) {
  const t = useText(rejectText)
  const pick = usePick()
  const may = useMay()
  const { code, state } = reject
  return (
    <Flex vertical gap={16}>
      <PageHeader
        back="/rejects"
        title={reject.event || t.detail}
        tags={<Tag color={stateColors[state]}>{t[state]}</Tag>}
        actions={may('reject.write') && <StateActions reject={reject} />}
      />
      <Alert
        type="warning"
        showIcon
        title={rejectNames[code] ? pick(rejectNames[code]) : code}
        description={
          <>
            {reject.path && <code>{reject.path}</code>} {reject.detail}
          </>
        }
      />
      <Facts reject={reject} />
      {reject.original === null ? (
        <Card size="small">
          <EmptyState title={t.noOriginal} hint={t.noOriginalHint} />
        </Card>
      ) : (
        <div className="card-grid">
          <Card size="small" title={t.original} extra={<span className="quiet small">{t.originalHint}</span>}>
            <JsonView value={JSON.parse(reject.original)} path={reject.path} />
          </Card>
          {may('reject.write') && state !== 'dismissed' && (
            <Mend reject={reject} original={pretty(reject.original)} />
          )}
        </div>
      )}
    </Flex>
  )
}

function Facts({ reject }: { reject: RejectDetail }) {
  const t = useText(rejectText)
  const format = useFormat()
  const pick = usePick()
  const { lastCode, lastDetail } = reject
  const lastName = lastCode && rejectNames[lastCode] ? pick(rejectNames[lastCode]) : lastCode
  const items = [
    { key: 'received', label: t.receivedAt, children: format.exactTime(reject.receivedAt) },
    { key: 'source', label: t.source, children: reject.source },
    { key: 'protocol', label: t.protocol, children: reject.protocol || '–' },
    {
      key: 'id',
      label: t.messageId,
      children: <span style={{ overflowWrap: 'anywhere' }}>{reject.messageId || '–'}</span>,
    },
    ...(reject.attempts > 0
      ? [
          { key: 'attempts', label: t.attempts, children: format.number(reject.attempts) },
          {
            key: 'last',
            label: t.lastAnswer,
            children: lastName ? `${lastName} ${lastDetail ?? ''}` : t.replayed,
          },
        ]
      : []),
    ...(reject.changedBy && reject.changedAt
      ? [
          {
            key: 'by',
            label: t.state,
            children: `${t.by(reject.changedBy, format.time(reject.changedAt))} ${reject.reason ?? ''}`,
          },
        ]
      : []),
  ]
  return (
    <Card size="small">
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
    </Card>
  )
}

function StateActions({ reject }: { reject: RejectDetail }) {
  const t = useText(rejectText)
  const queries = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  if (reject.state === 'replayed') return null
  const isDismissed = reject.state === 'dismissed'
  const { rejectId } = reject
  return (
    <>
      <Button onClick={() => setOpen(true)}>{isDismissed ? t.reopen : t.dismiss}</Button>
      {isOpen && (
        <ReasonDialog
          title={isDismissed ? t.reopenTitle : t.dismissTitle}
          hint={isDismissed ? t.reopenHint : t.dismissAllHint}
          action={isDismissed ? t.reopen : t.dismiss}
          onClose={() => setOpen(false)}
          onDone={() => {
            setOpen(false)
            void queries.invalidateQueries({ queryKey: ['/api/rejects'] })
          }}
          run={(reason) =>
            isDismissed
              ? api.post(pathOf`/api/rejects/${rejectId}/reopen`, { reason })
              : api.post(pathOf`/api/rejects/${rejectId}/dismiss`, { reason })
          }
        />
      )}
    </>
  )
}

/** The message a person has typed, or what is wrong with the text. */
function readMessage(text: string): { message?: object; wrong?: string | null } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { wrong: null }
    return { message: value }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : '' }
  }
}

function Mend({ reject, original }: { reject: RejectDetail; original: string }) {
  const t = useText(rejectText)
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message: toast } = App.useApp()
  const [text, setText] = useState(original)
  const { message, wrong } = readMessage(text)
  const send = useMutation({
    mutationFn: () =>
      api.post<ReplayAnswer>(pathOf`/api/rejects/${reject.rejectId}/replay`, message ? { message } : {}),
    onSuccess: async ({ outcome }) => {
      if (outcome === 'accepted') void toast.success(t.accepted)
      await queries.invalidateQueries({ queryKey: ['/api/rejects'] })
    },
  })
  const refused = send.data?.outcome === 'rejected' ? send.data : undefined
  return (
    <Card size="small" title={t.mend}>
      <Flex vertical gap={8}>
        <span className="quiet small">{t.mendHint}</span>
        <Input.TextArea
          aria-label={t.mend}
          value={text}
          onChange={(event) => setText(event.target.value)}
          autoSize={{ minRows: 8, maxRows: 24 }}
          spellCheck={false}
          status={message ? '' : 'error'}
          style={{ fontFamily: 'monospace', fontSize: 12 }}
          data-testid="reject-json"
        />
        {!message && (
          <span role="alert" className="small">
            {wrong === null ? t.notObject : t.jsonWrong(wrong ?? '')}
          </span>
        )}
        {refused && (
          <Alert
            type="warning"
            showIcon
            title={t.stillRefused}
            description={refused.detail ?? refused.code}
          />
        )}
        {send.error && <Alert type="error" showIcon title={words(send.error)} />}
        <Flex gap={8} justify="flex-end">
          <Button disabled={text === original} onClick={() => setText(original)}>
            {t.reset}
          </Button>
          <Button
            type="primary"
            disabled={!message}
            loading={send.isPending}
            onClick={() => send.mutate()}
            data-testid="reject-send"
          >
            {t.send}
          </Button>
        </Flex>
      </Flex>
    </Card>
  )
}
