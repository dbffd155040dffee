import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Drawer, Flex, Input, InputNumber, Popconfirm, Table } from 'antd'
import { useCallback, useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import type { Snapshot } from '../common/segment-snapshot.ts'
import { SaveAsList } from './SaveAsList.tsx'
import { SnapshotDifference } from './SnapshotDifference.tsx'
import { sharingText } from './sharing-text.ts'

const dayMs = 86_400_000

/** Frozen memberships: taken, compared, kept as lists, removed. */
export function SnapshotsTab({ segment }: { segment: Segment }) {
  const t = useText(sharingText)
  const may = useMay()
  const path = pathOf`/api/segments/${segment.key}/snapshots`
  const [compared, setCompared] = useState<Snapshot | null>(null)
  const [listed, setListed] = useState<Snapshot | null>(null)
  const snapshots = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => api.get<{ items: Snapshot[] }>(path, undefined, signal),
  })
  return (
    <Flex vertical gap={16}>
      {may('segment.write') && <TakeSnapshot path={path} />}
      <Loaded query={snapshots}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.noSnapshots} hint={t.noSnapshotsHint} />
          ) : (
            <SnapshotTable path={path} items={items} onCompare={setCompared} onList={setListed} />
          )
        }
      </Loaded>
      <Drawer
        open={compared !== null}
        onClose={() => setCompared(null)}
        title={`${t.difference} · ${compared?.name ?? ''}`}
        size={640}
        destroyOnHidden
      >
        {compared && <SnapshotDifference snapshot={compared} others={snapshots.data?.items ?? []} />}
      </Drawer>
      {listed && <SaveAsList snapshot={listed} onClose={() => setListed(null)} />}
    </Flex>
  )
}

function TakeSnapshot({ path }: { path: string }) {
  const t = useText(sharingText)
  const words = useErrorWords()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState<number | null>(90)
  const [jobId, setJobId] = useState<string | null>(null)
  const onEnd = useCallback(() => void queries.invalidateQueries({ queryKey: [path] }), [queries, path])
  const take = useMutation({
    mutationFn: () =>
      api.post<{ jobId: string }>(path, {
        name: name.trim(),
        expiresAt: days === null ? null : new Date(Date.now() + days * dayMs).toISOString(),
      }),
    onSuccess: (made) => {
      setJobId(made.jobId)
      setName('')
    },
  })
  return (
    <Flex vertical gap={8}>
      <Flex gap={8} wrap>
        <Input
          aria-label={t.snapshotName}
          placeholder={t.snapshotName}
          data-testid="snapshot-name"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
          style={{ width: 240 }}
        />
        <InputNumber
          aria-label={t.keepDays}
          placeholder={t.keepDays}
          title={t.keepDays}
          prefix={t.keepFor}
          suffix={t.days}
          min={1}
          max={3650}
          precision={0}
          value={days}
          onChange={setDays}
          style={{ width: 180 }}
        />
        <Button
          type="primary"
          disabled={name.trim() === ''}
          loading={take.isPending}
          onClick={() => take.mutate()}
          data-testid="snapshot-take"
        >
          {t.takeSnapshot}
        </Button>
      </Flex>
      {take.error && <Alert type="error" showIcon title={words(take.error)} />}
      {jobId && <JobProgress jobId={jobId} title={t.taking} onEnd={onEnd} />}
    </Flex>
  )
}

function SnapshotTable(props: {
  path: string
  items: readonly Snapshot[]
  onCompare: (snapshot: Snapshot) => void
  onList: (snapshot: Snapshot) => void
}) {
  const t = useText(sharingText)
  const format = useFormat()
  return (
    <Table<Snapshot>
      size="small"
      rowKey="snapshotId"
      dataSource={props.items}
      pagination={false}
      scroll={{ x: 820 }}
      columns={[
        { title: t.name, key: 'name', dataIndex: 'name' },
        {
          title: t.count,
          key: 'count',
          align: 'right',
          render: (_, { count, state }) => (count === null ? t[state] : format.number(count)),
        },
        { title: t.at, key: 'at', render: (_, { takenAt }) => (takenAt ? format.time(takenAt) : '–') },
        {
          title: t.until,
          key: 'until',
          render: (_, { expiresAt }) => (expiresAt ? format.time(expiresAt) : t.forGood),
        },
        { title: t.madeBy, key: 'by', dataIndex: 'createdBy' },
        { title: '', key: 'act', render: (_, snapshot) => <RowActions {...props} snapshot={snapshot} /> },
      ]}
    />
  )
}

function RowActions(props: {
  path: string
  snapshot: Snapshot
  onCompare: (snapshot: Snapshot) => void
  onList: (snapshot: Snapshot) => void
}) {
  const t = useText(sharingText)
  const may = useMay()
  const words = useErrorWords()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const { snapshot, path } = props
  const remove = useMutation({
    mutationFn: () => api.delete(pathOf`/api/segment-snapshots/${snapshot.snapshotId}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: [path] }),
    onError: (error) => void message.error(words(error)),
  })
  const isReady = snapshot.state === 'ready'
  return (
    <Flex gap={4}>
      <Button size="small" type="link" disabled={!isReady} onClick={() => props.onCompare(snapshot)}>
        {t.difference}
      </Button>
      {may('segment.write') && (
        <>
          <Button size="small" type="link" disabled={!isReady} onClick={() => props.onList(snapshot)}>
            {t.saveAsList}
          </Button>
          <Popconfirm title={t.removeSure} okText={t.remove} onConfirm={() => remove.mutate()}>
            <Button size="small" type="link" danger>
              {t.remove}
            </Button>
          </Popconfirm>
        </>
      )}
    </Flex>
  )
}
