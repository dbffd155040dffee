import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Alert, Button, Drawer, Flex, Form, Input } from 'antd'
import { Link } from 'react-router'
import type { CellCustomers, KeptCell } from '#features/insight/common/frame.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { cellText } from './cell-text.ts'

/** One number of an analysis: what it is called, and how it is asked for. */
export type Cell = { title: string; kind: string; query: object; cell: object }

/** The customers a number counts, masked and in scope, with a way to keep them as a segment. */
export function CellPanel({ cell, onClose }: { cell: Cell | null; onClose: () => void }) {
  return (
    <Drawer open={cell !== null} onClose={onClose} title={cell?.title} size={640} destroyOnHidden>
      {cell && <CellBody cell={cell} />}
    </Drawer>
  )
}

function CellBody({ cell }: { cell: Cell }) {
  const t = useText(cellText)
  const format = useFormat()
  const may = useMay()
  const { kind, query } = cell
  const found = useInfiniteQuery({
    queryKey: ['insight', kind, 'customers', query, cell.cell],
    queryFn: ({ pageParam, signal }) =>
      api.post<CellCustomers>(
        pathOf`/api/insight/${kind}/customers`,
        { query, cell: cell.cell, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
  const first = found.data?.pages[0]
  const list = { ...found, items: found.data?.pages.flatMap((page) => page.items) ?? [] }
  return (
    <Flex vertical gap={16}>
      {first && <div className="quiet">{t.counted(format.number(first.count), format.time(first.asOf))}</div>}
      {first && first.count > 0 && may('segment.write') && <KeepForm cell={cell} />}
      <DataTable
        label={t.customers}
        list={list}
        rowKey={(customer) => customer.customerNo}
        minWidth={480}
        empty={<EmptyState title={t.nobody} />}
        columns={[
          {
            title: t.customerNo,
            key: 'no',
            render: (_, { customerNo }) => <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>,
          },
          { title: t.name, key: 'name', render: (_, { name }) => name ?? '–' },
          { title: t.org, key: 'org', dataIndex: 'orgName' },
          { title: t.rm, key: 'rm', render: (_, { rmName }) => rmName ?? '–' },
        ]}
      />
    </Flex>
  )
}

function KeepForm({ cell }: { cell: Cell }) {
  const t = useText(cellText)
  const words = useErrorWords()
  const format = useFormat()
  const keep = useMutation({
    mutationFn: (input: { key: string; name: string }) =>
      api.post<KeptCell>(pathOf`/api/insight/${cell.kind}/segment`, {
        query: cell.query,
        cell: cell.cell,
        ...input,
      }),
  })
  if (keep.data) {
    const said = keep.data.kind === 'rule' ? t.keptRule : t.keptList
    return (
      <Alert
        type="success"
        showIcon
        title={<Link to={pathOf`/segments/${keep.data.key}`}>{said(format.number(keep.data.count))}</Link>}
      />
    )
  }
  return (
    <Form layout="inline" onFinish={(input) => keep.mutate(input)} style={{ rowGap: 8 }}>
      <Form.Item name="name" initialValue={cell.title} rules={[{ required: true, message: t.required }]}>
        <Input aria-label={t.segmentName} placeholder={t.segmentName} maxLength={200} />
      </Form.Item>
      <Form.Item
        name="key"
        rules={[{ required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/, message: t.keyWrong }]}
      >
        <Input aria-label={t.segmentKey} placeholder={t.segmentKey} />
      </Form.Item>
      <Button htmlType="submit" type="primary" loading={keep.isPending}>
        {t.keep}
      </Button>
      {keep.error && <Alert type="error" showIcon title={words(keep.error)} style={{ width: '100%' }} />}
    </Form>
  )
}
