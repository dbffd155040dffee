import { type TableColumnsType, Tag, Tooltip } from 'antd'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { ImportedFile } from '../common/import.ts'
import { importText } from './import-text.ts'

/** What was imported: file by file, with what became of its rows. */
export function ImportListPage() {
  const t = useText(importText)
  const list = useList<ImportedFile>('/api/imports')
  const columns = useColumns()
  return (
    <ListPage title={t.imports} description={t.importsHint}>
      <DataTable
        label={t.imports}
        list={list}
        columns={columns}
        rowKey={(file) => `${file.mapping} ${file.fileName} ${file.startedAt}`}
        minWidth={920}
        empty={<EmptyState title={t.empty} hint={<code>{t.emptyHint}</code>} />}
      />
    </ListPage>
  )
}

function useColumns(): TableColumnsType<ImportedFile> {
  const t = useText(importText)
  const format = useFormat()
  const number = (title: string, hint: string | undefined, read: (file: ImportedFile) => number) => ({
    title: hint ? <Tooltip title={hint}>{title}</Tooltip> : title,
    key: title,
    width: 112,
    align: 'right' as const,
    render: (_: unknown, file: ImportedFile) => format.number(read(file)),
  })
  return [
    {
      title: t.file,
      key: 'file',
      render: (_, { fileName, mapping }) => (
        <div>
          {fileName}
          <div className="quiet small">
            {t.mapping} {mapping}
          </div>
        </div>
      ),
    },
    {
      title: t.state,
      key: 'state',
      width: 96,
      render: (_, { state }) => <Tag color={state === 'done' ? 'success' : 'processing'}>{t[state]}</Tag>,
    },
    number(t.rows, t.rowsHint, (file) => file.rows),
    number(t.imported, undefined, (file) => file.imported),
    number(t.skipped, t.skippedHint, (file) => file.skipped),
    {
      ...number(t.rejected, undefined, (file) => file.rejected),
      render: (_, { rejected }) =>
        rejected > 0 ? (
          <strong style={{ color: 'var(--ant-color-error)' }}>{format.number(rejected)}</strong>
        ) : (
          '0'
        ),
    },
    { title: t.by, key: 'by', dataIndex: 'startedBy', width: 120 },
    {
      title: t.at,
      key: 'at',
      width: 160,
      render: (_, { startedAt, endedAt }) => (
        <span
          className="nowrap"
          title={endedAt ? t.took(seconds(startedAt, endedAt, format.number)) : undefined}
        >
          {format.time(startedAt)}
        </span>
      ),
    },
  ]
}

const seconds = (from: string, to: string, number: (value: number) => string): string =>
  number(Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / 1000)))
