import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card, Descriptions, Drawer, Flex, Form, Tag } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { PlanModeTag } from '#features/plan/web/PlanModeTag.tsx'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { SourceDetail } from '../common/source.ts'
import { useRates, useSource } from './ingest-queries.ts'
import { RateChart } from './RateChart.tsx'
import { ReasonDialog } from './ReasonDialog.tsx'
import { changesOf, draftOf, type SourceDraft, SourceFields } from './SourceFields.tsx'
import { SourceKeys } from './SourceKeys.tsx'
import { sourceText } from './source-text.ts'

/** One source: what it may do, its keys, and what it has sent in the last hour. */
export function SourceDetailPage() {
  const { source = '' } = useParams()
  const query = useSource(source)
  return <Loaded query={query}>{(data) => <Detail source={data} />}</Loaded>
}

function Detail({ source }: { source: SourceDetail }) {
  const t = useText(sourceText)
  const pick = usePick()
  const rates = useRates(source.source)
  return (
    <Flex vertical gap={16}>
      <PageHeader
        back="/sources"
        title={source.name ? pick(source.name) : source.source}
        tags={
          <>
            <Tag color={source.kind === 'trusted' ? 'gold' : 'default'}>{t[source.kind]}</Tag>
            <Tag color={source.state === 'active' ? 'success' : 'error'}>{t[source.state]}</Tag>
          </>
        }
        description={source.name ? source.source : undefined}
        actions={<Actions source={source} />}
      />
      <Basics source={source} />
      <SourceKeys source={source} />
      <RateChart rates={rates.data} by="outcome" />
    </Flex>
  )
}

function Actions({ source }: { source: SourceDetail }) {
  const t = useText(sourceText)
  const may = useMay()
  const [open, setOpen] = useState<'edit' | 'state'>()
  const queries = useQueryClient()
  const isActive = source.state === 'active'
  const changed = async () => {
    setOpen(undefined)
    await queries.invalidateQueries({ queryKey: ['/api/sources'] })
  }
  return (
    <>
      <Link to={`/rejects?source=${encodeURIComponent(source.source)}`}>
        <Button>{t.rejectsOf}</Button>
      </Link>
      {may('debug.watch') && (
        <Link to={`/debug?kind=source&value=${encodeURIComponent(source.source)}`}>
          <Button>{t.watch}</Button>
        </Link>
      )}
      {may('source.write') && (
        <>
          <Button onClick={() => setOpen('edit')}>{t.edit}</Button>
          <Button danger={isActive} onClick={() => setOpen('state')} data-testid="source-state">
            {isActive ? t.revokeSource : t.reactivate}
          </Button>
        </>
      )}
      {open === 'edit' && <EditDrawer source={source} onClose={() => setOpen(undefined)} />}
      {open === 'state' && (
        <ReasonDialog
          title={isActive ? t.revokeSourceTitle : t.reactivateTitle}
          hint={isActive ? t.revokeSourceHint : t.reactivateHint}
          action={isActive ? t.revokeSource : t.reactivate}
          isDangerous={isActive}
          onClose={() => setOpen(undefined)}
          onDone={() => void changed()}
          run={(reason) =>
            isActive
              ? api.post(pathOf`/api/sources/${source.source}/revoke`, { reason })
              : api.post(pathOf`/api/sources/${source.source}/reactivate`, { reason })
          }
        />
      )}
    </>
  )
}

function Basics({ source }: { source: SourceDetail }) {
  const t = useText(sourceText)
  const format = useFormat()
  const limit = (value: number | null) => (value === null ? t.byDefault : format.number(value))
  const { limits } = source
  const items = [
    { key: 'owner', label: t.owner, children: source.owner ?? t.noneSet },
    { key: 'created', label: t.created, children: format.time(source.createdAt) },
    { key: 'mode', label: t.planMode, children: <PlanModeTag source={source.source} /> },
    { key: 'today', label: t.today, children: format.number(source.eventsToday) },
    ...(source.kind === 'public'
      ? [
          { key: 'origins', label: t.origins, children: source.allowedOrigins.join(', ') || t.noneSet },
          {
            key: 'proof',
            label: t.proof,
            children: source.jwksUrl ?? (source.hasJwks ? t.jwks : t.noneSet),
          },
          { key: 'issuer', label: t.issuer, children: source.tokenIssuer ?? t.noneSet },
        ]
      : []),
    { key: 'events', label: t.eventsPerSecond, children: limit(limits.eventsPerSecond) },
    { key: 'bytes', label: t.bytesPerSecond, children: limit(limits.bytesPerSecond) },
    { key: 'requests', label: t.concurrentRequests, children: limit(limits.concurrentRequests) },
    {
      key: 'customer',
      label: t.customerEventsPerSecond,
      children: limit(limits.customerEventsPerSecond),
    },
  ]
  return (
    <Card size="small" title={t.basics}>
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
    </Card>
  )
}

function EditDrawer({ source, onClose }: { source: SourceDetail; onClose: () => void }) {
  const t = useText(sourceText)
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const [form] = Form.useForm<SourceDraft>()
  const save = useMutation({
    mutationFn: (draft: SourceDraft) =>
      api.put(pathOf`/api/sources/${source.source}`, changesOf(draft, source.kind)),
    onSuccess: async () => {
      void message.success(t.saved)
      await queries.invalidateQueries({ queryKey: ['/api/sources'] })
      onClose()
    },
  })
  return (
    <Drawer
      open
      title={t.edit}
      size={520}
      onClose={onClose}
      extra={
        <Button type="primary" loading={save.isPending} onClick={() => form.submit()}>
          {t.save}
        </Button>
      }
    >
      {save.error && <Alert type="error" showIcon title={words(save.error)} style={{ marginBottom: 12 }} />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={draftOf(source)}
        onFinish={(draft) => save.mutate(draft)}
      >
        <SourceFields kind={source.kind} />
      </Form>
    </Drawer>
  )
}
