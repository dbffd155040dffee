import { useInfiniteQuery } from '@tanstack/react-query'
import { Alert, App, Button, Drawer, Flex, Form, Input } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { CellCustomers, KeptCell } from '../common/frame.ts'
import type { Cell } from './analysis-view.ts'
import { insightText } from './insight-text.ts'

/** A number that was clicked: of which question, and what it says. */
export type OpenCell = { kind: string; query: unknown; cell: Cell; what: string }

/** The customers a number counts, masked and in scope, and a way to keep them. */
export function CustomersDrawer({ open, onClose }: { open: OpenCell | null; onClose: () => void }) {
  const t = useText(insightText)
  return (
    <Drawer open={open !== null} onClose={onClose} title={t.whoTitle} size={640} destroyOnHidden>
      {open && <CellList {...open} />}
    </Drawer>
  )
}

function CellList({ kind, query, cell, what }: OpenCell) {
  const t = useText(insightText)
  const format = useFormat()
  const may = useMay()
  const found = useInfiniteQuery({
    queryKey: ['/api/insight', kind, 'customers', query, cell],
    queryFn: ({ pageParam, signal }) =>
      api.post<CellCustomers>(
        `${pathOf`/api/insight/${kind}`}/customers`,
        { query, cell, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
  const items = found.data?.pages.flatMap((page) => page.items) ?? []
  const count = found.data?.pages[0]?.count
  return (
    <Flex vertical gap={12}>
      <div>
        <strong>{what}</strong>
        {count !== undefined && ` · ${format.number(count)} ${t.customers}`}
      </div>
      {may('segment.write') && !!count && <KeepForm kind={kind} query={query} cell={cell} what={what} />}
      <DataTable
        label={t.whoTitle}
        list={{ ...found, items }}
        rowKey={(row) => row.customerNo}
        minWidth={480}
        empty={<EmptyState title={t.nobody} />}
        columns={[
          {
            title: t.customerNo,
            key: 'no',
            render: (_, { customerNo }) => <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>,
          },
          { title: t.customerName, key: 'name', render: (_, { name }) => name ?? '–' },
          { title: t.org, key: 'org', dataIndex: 'orgName' },
          { title: t.rm, key: 'rm', render: (_, { rmName }) => rmName ?? '–' },
        ]}
      />
    </Flex>
  )
}

const keyPattern = /^[a-z][a-z0-9_-]{0,63}$/

function KeepForm({ kind, query, cell, what }: OpenCell) {
  const t = useText(insightText)
  const words = useErrorWords()
  const { message } = App.useApp()
  const [form, setForm] = useState({ key: '', name: what.slice(0, 200) })
  const [kept, setKept] = useState<KeptCell>()
  const [isSaving, setSaving] = useState(false)
  const keep = async () => {
    setSaving(true)
    try {
      const body = { query, cell, ...form, as: 'best' }
      setKept(await api.post<KeptCell>(`${pathOf`/api/insight/${kind}`}/segment`, body))
    } catch (error) {
      void message.error(words(error))
    }
    setSaving(false)
  }
  if (kept)
    return (
      <Alert
        type="success"
        showIcon
        title={kept.kind === 'rule' ? t.keptRule : t.keptList}
        action={<Link to={pathOf`/segments/${kept.key}`}>{t.openSegment}</Link>}
      />
    )
  return (
    <Form layout="inline" component="div" style={{ rowGap: 8 }}>
      <Form.Item label={t.name} htmlFor="keep-name">
        <Input
          id="keep-name"
          value={form.name}
          maxLength={200}
          onChange={(event) => setForm({ ...form, name: event.target.value })}
        />
      </Form.Item>
      <Form.Item label={t.key} htmlFor="keep-key" tooltip={t.keyHint}>
        <Input
          id="keep-key"
          value={form.key}
          maxLength={64}
          onChange={(event) => setForm({ ...form, key: event.target.value })}
        />
      </Form.Item>
      <Button
        type="primary"
        loading={isSaving}
        disabled={!keyPattern.test(form.key) || form.name.trim() === ''}
        onClick={() => void keep()}
      >
        {t.keep}
      </Button>
    </Form>
  )
}
