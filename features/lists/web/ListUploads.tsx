import { useQuery } from '@tanstack/react-query'
import { Tag as Badge, Card, Table, type TableColumnsType } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { ListUpload } from '../common/list.ts'
import { listText } from './list-text.ts'

const colours = { receiving: 'processing', queued: 'processing', done: 'success', failed: 'error' } as const

/** The files a list had, with what became of their rows. */
export function ListUploads({ listKey }: { listKey: string }) {
  const t = useText(listText)
  const columns = useColumns(listKey)
  const uploads = useQuery({
    queryKey: ['/api/lists', listKey, 'uploads'],
    queryFn: ({ signal }) =>
      api.get<{ items: ListUpload[] }>(pathOf`/api/lists/${listKey}/uploads`, undefined, signal),
  })
  return (
    <Card size="small" title={t.uploads}>
      <Loaded query={uploads} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <span className="quiet">{t.noVersion}</span>
          ) : (
            <Table
              aria-label={t.uploads}
              size="small"
              pagination={false}
              rowKey="version"
              columns={columns}
              dataSource={items}
              scroll={{ x: 560 }}
            />
          )
        }
      </Loaded>
    </Card>
  )
}

function useColumns(listKey: string): TableColumnsType<ListUpload> {
  const t = useText(listText)
  const format = useFormat()
  const may = useMay()
  const number = (title: string, read: (upload: ListUpload) => number) => ({
    title,
    key: title,
    align: 'right' as const,
    render: (_: unknown, upload: ListUpload) => format.number(read(upload)),
  })
  return [
    {
      title: t.file,
      key: 'file',
      render: (_, { version, fileName, uploadedAt, uploadedBy }) => (
        <div>
          {version}. {fileName}
          <div className="quiet small nowrap">
            {uploadedBy} · {format.time(uploadedAt)}
          </div>
        </div>
      ),
    },
    {
      title: t.state,
      key: 'state',
      render: (_, { state }) => <Badge color={colours[state]}>{t[state]}</Badge>,
    },
    number(t.rows, ({ rows }) => rows),
    number(t.members, ({ members }) => members),
    number(t.duplicates, ({ duplicates }) => duplicates),
    {
      ...number(t.rejects, ({ rejects }) => rejects),
      render: (_, { version, rejects }) =>
        rejects > 0 && may('list.write') ? (
          <a href={pathOf`/api/lists/${listKey}/uploads/${version}/rejects`} title={t.download} download>
            {format.number(rejects)}
          </a>
        ) : (
          format.number(rejects)
        ),
    },
  ]
}
