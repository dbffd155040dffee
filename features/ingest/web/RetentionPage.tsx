import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Card, Flex, InputNumber, Switch, Table, Tag } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Retention, RetentionRule } from '../common/retention.ts'
import { byteSize } from './byte-size.ts'
import { ReasonDialog } from './ReasonDialog.tsx'
import { retentionText } from './retention-text.ts'

const sum = (rule: RetentionRule, key: 'rows' | 'bytes') =>
  rule.partitions.reduce((total, partition) => total + partition[key], 0)

/** How long each class of data is kept, and what a purge would remove now. */
export function RetentionPage() {
  const t = useText(retentionText)
  const queries = useQueryClient()
  const [jobId, setJobId] = useState<string>()
  const retention = useQuery({
    queryKey: ['/api/retention'],
    queryFn: ({ signal }) => api.get<Retention>('/api/retention', undefined, signal),
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.retention} description={t.retentionHint} />
      {jobId && (
        <JobProgress
          key={jobId}
          jobId={jobId}
          title={t.job}
          onEnd={() => void queries.invalidateQueries({ queryKey: ['/api/retention'] })}
        />
      )}
      <Loaded query={retention}>
        {({ items }) => (
          <Card size="small">
            <Rules items={items} onJob={setJobId} />
          </Card>
        )}
      </Loaded>
    </Flex>
  )
}

function Rules({ items, onJob }: { items: RetentionRule[]; onJob: (jobId: string) => void }) {
  const t = useText(retentionText)
  const format = useFormat()
  return (
    <Table<RetentionRule>
      aria-label={t.retention}
      size="small"
      pagination={false}
      dataSource={items}
      rowKey="class"
      scroll={{ x: 1020 }}
      expandable={{
        rowExpandable: ({ partitions, held }) => partitions.length + held.length > 0,
        expandedRowRender: (rule) => <Partitions rule={rule} />,
      }}
      columns={[
        { title: t.className, key: 'class', render: (_, rule) => <strong>{t[rule.class]}</strong> },
        { title: t.keep, key: 'months', width: 100, render: (_, { months }) => t.months(months) },
        {
          title: t.state,
          key: 'isOn',
          width: 110,
          render: (_, { isOn }) => <Tag color={isOn ? 'success' : 'default'}>{isOn ? t.on : t.off}</Tag>,
        },
        {
          title: t.size,
          key: 'size',
          width: 150,
          render: (_, { totalRows, totalBytes }) =>
            t.rowsAndBytes(format.compact(totalRows), byteSize(totalBytes)),
        },
        { title: t.wouldGo, key: 'going', width: 210, render: (_, rule) => <WouldGo rule={rule} /> },
        {
          title: t.lastRun,
          key: 'lastRun',
          width: 140,
          render: (_, { lastRun }) =>
            lastRun ? (
              <div>
                {lastRun.day}
                <div className="quiet small">{t.removed(format.compact(lastRun.rows))}</div>
              </div>
            ) : (
              <span className="quiet">{t.never}</span>
            ),
        },
        { key: 'steps', width: 170, render: (_, rule) => <Steps rule={rule} onJob={onJob} /> },
      ]}
    />
  )
}

function WouldGo({ rule }: { rule: RetentionRule }) {
  const t = useText(retentionText)
  const format = useFormat()
  return (
    <div>
      {rule.partitions.length === 0 ? (
        <span className="quiet">{t.nothing}</span>
      ) : (
        <>
          {t.partitions(rule.partitions.length)}
          {' · '}
          {t.rowsAndBytes(format.compact(sum(rule, 'rows')), byteSize(sum(rule, 'bytes')))}
        </>
      )}
      <div className="quiet small">{t.before(format.date(rule.cutoffAt))}</div>
      {rule.held.length > 0 && <div className="quiet small">{t.held(rule.held.length)}</div>}
    </div>
  )
}

function Partitions({ rule }: { rule: RetentionRule }) {
  const t = useText(retentionText)
  const format = useFormat()
  return (
    <Table
      aria-label={t.partition}
      size="small"
      pagination={false}
      dataSource={rule.partitions}
      rowKey="partition"
      columns={[
        { title: t.partition, dataIndex: 'partition' },
        { title: t.rows, key: 'rows', align: 'right', render: (_, { rows }) => format.number(rows) },
        { title: t.bytes, key: 'bytes', align: 'right', render: (_, { bytes }) => byteSize(bytes) },
        { title: t.oldest, key: 'oldest', render: (_, { oldestAt }) => format.date(oldestAt) },
        { title: t.newest, key: 'newest', render: (_, { newestAt }) => format.date(newestAt) },
      ]}
    />
  )
}

function Steps({ rule, onJob }: { rule: RetentionRule; onJob: (jobId: string) => void }) {
  const t = useText(retentionText)
  const may = useMay()
  const format = useFormat()
  const queries = useQueryClient()
  const [open, setOpen] = useState<'change' | 'purge'>()
  const [months, setMonths] = useState(rule.months)
  const [isOn, setOn] = useState(rule.isOn)
  if (!may('system.write')) return null
  const close = () => setOpen(undefined)
  return (
    <>
      <Button type="link" size="small" onClick={() => setOpen('change')}>
        {t.change}
      </Button>
      {rule.isOn && rule.partitions.length > 0 && (
        <Button type="link" size="small" danger onClick={() => setOpen('purge')}>
          {t.purge}
        </Button>
      )}
      {open === 'change' && (
        <ReasonDialog
          title={`${t.changeTitle} · ${t[rule.class]}`}
          hint={t.changeHint}
          action={t.change}
          isDangerous={isOn}
          onClose={close}
          onDone={() => {
            close()
            void queries.invalidateQueries({ queryKey: ['/api/retention'] })
          }}
          run={(reason) => api.put(pathOf`/api/retention/${rule.class}`, { months, isOn, reason })}
        >
          <Flex gap={16} align="center" wrap>
            <label htmlFor="retention-months">{t.monthsLabel}</label>
            <InputNumber
              id="retention-months"
              min={1}
              max={240}
              precision={0}
              value={months}
              onChange={(value) => setMonths(value ?? rule.months)}
            />
            <Switch checked={isOn} onChange={setOn} aria-label={t.isOn} />
            <span>{t.isOn}</span>
          </Flex>
        </ReasonDialog>
      )}
      {open === 'purge' && (
        <ReasonDialog<{ jobId: string }>
          title={t.purgeTitle}
          hint={t.purgeHint(t.partitions(rule.partitions.length), format.number(sum(rule, 'rows')))}
          action={t.purge}
          isDangerous
          onClose={close}
          onDone={({ jobId }) => {
            close()
            onJob(jobId)
          }}
          run={(reason) => api.post(pathOf`/api/retention/${rule.class}/purge`, { reason })}
        />
      )}
    </>
  )
}
