import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Tag as Badge, Button, Form, Input, Modal, type TableColumnsType, Tooltip } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { CreateList, CustomerList } from '../common/list.ts'
import { listText } from './list-text.ts'

/** All fixed lists of customers. */
export function ListsPage() {
  const t = useText(listText)
  const may = useMay()
  const navigate = useNavigate()
  const [isOpen, setOpen] = useState(false)
  const list = useList<CustomerList>('/api/lists')
  const columns = useColumns()
  const create = may('list.write') && (
    <Button type="primary" onClick={() => setOpen(true)} data-testid="list-new">
      {t.newList}
    </Button>
  )
  return (
    <ListPage title={t.lists} description={t.listsHint} actions={create}>
      <DataTable
        label={t.lists}
        list={list}
        columns={columns}
        rowKey={({ key }) => key}
        onRow={({ key }) => navigate(`/lists/${key}`)}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={create} />}
      />
      {isOpen && <CreateDialog onClose={() => setOpen(false)} />}
    </ListPage>
  )
}

function useColumns(): TableColumnsType<CustomerList> {
  const t = useText(listText)
  const format = useFormat()
  return [
    {
      title: t.name,
      key: 'name',
      render: (_, { key, name, description }) => (
        <div>
          <Link to={`/lists/${key}`}>{name}</Link>
          <div className="quiet small">{description || key}</div>
        </div>
      ),
    },
    {
      title: <Tooltip title={t.membersHint}>{t.members}</Tooltip>,
      key: 'members',
      width: 120,
      align: 'right',
      render: (_, { members }) => format.number(members),
    },
    {
      title: t.version,
      key: 'version',
      width: 110,
      render: (_, { version }) => (version === 0 ? <Badge>{t.noVersion}</Badge> : version),
    },
    { title: t.by, key: 'by', dataIndex: 'createdBy', width: 120 },
    {
      title: t.at,
      key: 'at',
      width: 160,
      render: (_, { updatedAt }) => <span className="nowrap">{format.time(updatedAt)}</span>,
    },
  ]
}

function CreateDialog({ onClose }: { onClose: () => void }) {
  const t = useText(listText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [form] = Form.useForm<CreateList>()
  const create = useMutation({
    mutationFn: (input: CreateList) => api.post<CustomerList>('/api/lists', input),
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: ['/api/lists'] })
      navigate(`/lists/${key}`)
    },
  })
  return (
    <Modal
      open
      title={t.newList}
      okText={t.create}
      cancelText={t.cancel}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" onFinish={(input) => create.mutate(input)}>
        <Form.Item
          name="key"
          label={t.key}
          help={t.keyHint}
          rules={[{ required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/ }]}
        >
          <Input autoFocus />
        </Form.Item>
        <Form.Item name="name" label={t.name} rules={[{ required: true, whitespace: true, max: 200 }]}>
          <Input />
        </Form.Item>
        <Form.Item name="description" label={t.description} rules={[{ max: 2000 }]}>
          <Input.TextArea rows={2} />
        </Form.Item>
      </Form>
      {create.error && <Alert type="error" showIcon title={words(create.error)} />}
    </Modal>
  )
}
