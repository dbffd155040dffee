import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Flex, Input, Table, Tag } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import type { Subscription } from '../common/segment-subscription.ts'
import { sharingText } from './sharing-text.ts'

/** Outside systems told of who enters and leaves: asked for, watched, paused, brought back. */
export function SubscriptionsTab({ segment }: { segment: Segment }) {
  const t = useText(sharingText)
  const path = pathOf`/api/segments/${segment.key}/subscriptions`
  const subscriptions = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => api.get<{ items: Subscription[] }>(path, undefined, signal),
    refetchInterval: 10_000,
  })
  return (
    <Flex vertical gap={16}>
      <SubscribeForm path={path} />
      <Loaded query={subscriptions}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.noSubscriptions} hint={t.subscribeHint} />
          ) : (
            <SubscriptionTable path={path} items={items} />
          )
        }
      </Loaded>
    </Flex>
  )
}

const empty = { name: '', url: '', secret: '', purpose: '' }

function SubscribeForm({ path }: { path: string }) {
  const t = useText(sharingText)
  const words = useErrorWords()
  const queries = useQueryClient()
  const [form, setForm] = useState(empty)
  const subscribe = useMutation({
    mutationFn: () => {
      const { url, secret, ...rest } = form
      return api.post(path, { ...rest, ...(url ? { url, secret } : {}) })
    },
    onSuccess: () => {
      setForm(empty)
      return queries.invalidateQueries({ queryKey: [path] })
    },
  })
  const field = (name: keyof typeof empty, label: string, width: number) => (
    <Input
      aria-label={label}
      placeholder={label}
      autoComplete="off"
      {...(name === 'secret' ? { type: 'password' } : {})}
      value={form[name]}
      onChange={(event) => setForm({ ...form, [name]: event.target.value })}
      style={{ flex: `1 1 ${width}px`, maxWidth: width * 2 }}
    />
  )
  const isComplete =
    form.name.trim() !== '' &&
    form.purpose.trim().length >= 5 &&
    (form.url === '' || form.secret.length >= 24)
  return (
    <Flex vertical gap={8}>
      <Flex gap={8} wrap>
        {field('name', t.systemName, 160)}
        {field('url', t.url, 260)}
        {field('secret', t.secret, 220)}
        {field('purpose', t.purpose, 260)}
        <Button
          type="primary"
          disabled={!isComplete}
          loading={subscribe.isPending}
          onClick={() => subscribe.mutate()}
        >
          {t.subscribe}
        </Button>
      </Flex>
      <div className="quiet small">{t.subscribeHint}</div>
      {subscribe.error && <Alert type="error" showIcon title={words(subscribe.error)} />}
    </Flex>
  )
}

const colours: Partial<Record<Subscription['state'], string>> = {
  active: 'success',
  dead: 'error',
  rejected: 'error',
  waiting: 'warning',
}

function SubscriptionTable({ path, items }: { path: string; items: readonly Subscription[] }) {
  const t = useText(sharingText)
  const format = useFormat()
  return (
    <Table<Subscription>
      size="small"
      rowKey="subscriptionId"
      dataSource={items}
      pagination={false}
      scroll={{ x: 860 }}
      columns={[
        {
          title: t.systemName,
          key: 'name',
          render: (_, one) => (
            <div>
              {one.name}
              <div className="quiet small">{one.url ?? t.pullOnly}</div>
            </div>
          ),
        },
        {
          title: t.state,
          key: 'state',
          render: (_, one) => (
            <div>
              <Tag color={colours[one.state] ?? 'default'}>{t[one.state]}</Tag>
              {one.failures > 0 && <div className="quiet small">{t.failures(one.failures)}</div>}
              {one.lastError && <div className="rule-problem small">{one.lastError}</div>}
            </div>
          ),
        },
        {
          title: t.delivered,
          key: 'count',
          align: 'right',
          render: (_, one) => format.number(one.deliveredCount),
        },
        {
          title: t.lastDelivered,
          key: 'last',
          render: (_, one) => (one.lastDeliveredAt ? format.ago(one.lastDeliveredAt) : '–'),
        },
        { title: t.purpose, key: 'purpose', dataIndex: 'purpose', ellipsis: true },
        { title: '', key: 'act', render: (_, one) => <Steps path={path} one={one} /> },
      ]}
    />
  )
}

const stepsFrom: Partial<Record<Subscription['state'], readonly ('pause' | 'resume' | 'end')[]>> = {
  waiting: ['end'],
  active: ['pause', 'end'],
  paused: ['resume', 'end'],
  dead: ['resume', 'end'],
}

function Steps({ path, one }: { path: string; one: Subscription }) {
  const t = useText(sharingText)
  const queries = useQueryClient()
  const step = useMutation({
    mutationFn: (name: string) =>
      api.post(pathOf`/api/segment-subscriptions/${one.subscriptionId}/${name}`, {}),
    onSettled: () => queries.invalidateQueries({ queryKey: [path] }),
  })
  return (
    <Flex gap={4}>
      {(stepsFrom[one.state] ?? []).map((name) => (
        <Button key={name} size="small" type="link" danger={name === 'end'} onClick={() => step.mutate(name)}>
          {t[name]}
        </Button>
      ))}
    </Flex>
  )
}
