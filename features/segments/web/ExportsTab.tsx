import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Flex, Input, Select, Tag } from 'antd'
import { useState } from 'react'
import { isMeant, useSearchWords, useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { Segment } from '../common/segment.ts'
import type { SegmentExport } from '../common/segment-export.ts'
import type { SegmentSettings } from '../common/segment-setting.ts'
import { sharingText } from './sharing-text.ts'

const colours: Partial<Record<SegmentExport['state'], string>> = {
  ready: 'success',
  failed: 'error',
  rejected: 'error',
  waiting: 'warning',
  running: 'processing',
}

/** Files of members: asked for with a reason, and fetched by whoever asked. */
export function ExportsTab({ segment }: { segment: Segment }) {
  const t = useText(sharingText)
  const format = useFormat()
  const path = pathOf`/api/segments/${segment.key}/exports`
  const list = useList<SegmentExport>(path)
  return (
    <Flex vertical gap={16}>
      <AskForm path={path} />
      <DataTable
        label={t.exports}
        list={list}
        rowKey={(one) => String(one.exportId)}
        minWidth={860}
        empty={<EmptyState title={t.noExports} hint={t.noExportsHint} />}
        columns={[
          { title: '#', key: 'id', width: 64, dataIndex: 'exportId' },
          {
            title: t.state,
            key: 'state',
            render: (_, one) => (
              <span title={one.errorCode ?? undefined}>
                <Tag color={colours[one.state] ?? 'default'}>{t[one.state]}</Tag>
              </span>
            ),
          },
          { title: t.asked, key: 'asked', align: 'right', render: (_, one) => format.number(one.askedCount) },
          {
            title: t.inFile,
            key: 'rows',
            align: 'right',
            render: (_, one) => (one.rowCount === null ? '–' : format.number(one.rowCount)),
          },
          { title: t.purpose, key: 'reason', dataIndex: 'reason', ellipsis: true },
          { title: t.madeBy, key: 'by', dataIndex: 'requestedBy' },
          { title: t.at, key: 'at', render: (_, one) => format.time(one.createdAt) },
          { title: '', key: 'file', render: (_, one) => <FileLink one={one} /> },
        ]}
      />
    </Flex>
  )
}

function FileLink({ one }: { one: SegmentExport }) {
  const t = useText(sharingText)
  const format = useFormat()
  if (!one.mayFetch || !one.expiresAt) return null
  return (
    <a
      href={pathOf`/api/segment-exports/${one.exportId}/file`}
      download
      title={t.fetchUntil(format.time(one.expiresAt))}
    >
      {t.fetch}
    </a>
  )
}

function AskForm({ path }: { path: string }) {
  const t = useText(sharingText)
  const format = useFormat()
  const language = useLanguage()
  const words = useErrorWords()
  const queries = useQueryClient()
  const [columns, setColumns] = useState<string[]>(['customerNo', 'name', 'org', 'rm'])
  const [reason, setReason] = useState('')
  const settings = useQuery({
    queryKey: ['/api/segment-settings'],
    queryFn: ({ signal }) => api.get<SegmentSettings>('/api/segment-settings', undefined, signal),
  })
  const ask = useMutation({
    mutationFn: () => api.post(path, { columns, reason: reason.trim(), language }),
    onSuccess: () => {
      setReason('')
      return queries.invalidateQueries({ queryKey: [path] })
    },
  })
  return (
    <Flex vertical gap={8} style={{ maxWidth: 760 }}>
      <ColumnSelect value={columns} onChange={setColumns} />
      <Flex gap={8} wrap>
        <Input
          aria-label={t.reason}
          placeholder={t.reason}
          data-testid="export-reason"
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          style={{ flex: 1, minWidth: 220 }}
        />
        <Button
          type="primary"
          disabled={reason.trim().length < 5 || columns.length === 0}
          loading={ask.isPending}
          onClick={() => ask.mutate()}
          data-testid="export-ask"
        >
          {t.ask}
        </Button>
      </Flex>
      {settings.data && (
        <div className="quiet small">{t.exportHint(format.number(settings.data.exportApprovalOver))}</div>
      )}
      {ask.error && <Alert type="error" showIcon title={words(ask.error)} />}
    </Flex>
  )
}

function ColumnSelect({ value, onChange }: { value: string[]; onChange: (columns: string[]) => void }) {
  const t = useText(sharingText)
  const language = useLanguage()
  const may = useMay()
  const wordsOf = useSearchWords()
  const { tags } = useVocabulary()
  const fields = [
    { value: 'customerNo', label: t.customerNo },
    { value: 'name', label: t.maskedName },
    { value: 'org', label: t.org },
    { value: 'rm', label: t.rm },
    ...(may('balance.read') ? [{ value: 'aum', label: t.aum }] : []),
    ...tags.map((tag) => ({ value: `tag:${tag.key}`, label: tag.name[language] })),
  ]
  return (
    <Select
      mode="multiple"
      aria-label={t.columns}
      placeholder={t.columns}
      maxCount={25}
      value={value}
      onChange={onChange}
      showSearch={{ filterOption: (typed, option) => isMeant(typed, option?.words ?? '') }}
      options={fields.map((field) => ({ ...field, words: wordsOf(field.label, field.value) }))}
    />
  )
}
