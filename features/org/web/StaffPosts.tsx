import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Card, Descriptions, Flex, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { type Role, roles } from '#platform/common/access.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { DateBox } from '#platform/web/DateBox.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useMay, useUser } from '#platform/web/session.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Staff } from '../common/org.ts'
import { orgText, roleNames } from './org-text.ts'
import { useOrgUnits } from './use-org-units.ts'

type Post = Staff['posts'][number]

/** A person's posts, and granting or ending them for the security administrator. */
export function StaffPosts({ person }: { person: Staff }) {
  const t = useText(orgText)
  const may = useMay()
  const user = useUser()
  const [ending, setEnding] = useState<Post | null>(null)
  const isOwn = person.staffNo === user.staffNo
  const mayChange = may('role.grant') && !isOwn
  return (
    <Flex vertical gap={16}>
      <Descriptions
        size="small"
        column={2}
        items={[
          { key: 'no', label: t.number, children: person.staffNo },
          { key: 'user', label: t.username, children: person.username ?? t.noLogin },
        ]}
      />
      {may('role.grant') && isOwn && <Alert type="info" showIcon title={t.ownPost} />}
      <Flex vertical gap={8}>
        {person.posts.length === 0 && <span className="quiet">{t.noPosts}</span>}
        {person.posts.map((post) => (
          <PostLine
            key={`${post.orgId} ${post.role} ${post.validFrom}`}
            post={post}
            onEnd={mayChange && post.validTo === null ? () => setEnding(post) : undefined}
          />
        ))}
      </Flex>
      {mayChange && <GrantForm person={person} />}
      {ending && <EndDialog person={person} post={ending} onClose={() => setEnding(null)} />}
    </Flex>
  )
}

function PostLine({ post, onEnd }: { post: Post; onEnd?: () => void }) {
  const t = useText(orgText)
  const pick = usePick()
  const format = useFormat()
  return (
    <Flex justify="space-between" align="center" gap={8}>
      <span>
        <strong>{pick(roleNames[post.role])}</strong> · {post.orgName}
        <br />
        <span className="quiet small">
          {t.since(format.date(post.validFrom))} {post.validTo && t.until(format.date(post.validTo))}
        </span>
      </span>
      {onEnd && (
        <Button size="small" danger onClick={onEnd}>
          {t.end}
        </Button>
      )}
    </Flex>
  )
}

/** Saves a change of someone's posts and reads the staff anew. */
function usePostChange(path: string, onDone: () => void) {
  const t = useText(orgText)
  const queries = useQueryClient()
  const { message } = App.useApp()
  return useMutation({
    mutationFn: (body: object) => api.post<Staff>(path, body),
    onSuccess: async () => {
      void message.success(t.saved)
      onDone()
      await queries.invalidateQueries({ queryKey: ['/api/staff'] })
    },
  })
}

function GrantForm({ person }: { person: Staff }) {
  const t = useText(orgText)
  const { noted } = useMarks()
  const pick = usePick()
  const words = useErrorWords()
  const units = useOrgUnits()
  const [form] = Form.useForm<{ role: Role; orgCode: string; validFrom?: string }>()
  const grant = usePostChange(pathOf`/api/staff/${person.staffNo}/posts`, () => form.resetFields())
  const required = [{ required: true, message: t.required }]
  return (
    <Card size="small" title={t.grantTo(person.name)}>
      {grant.error && <Alert type="error" showIcon title={words(grant.error)} style={{ marginBottom: 12 }} />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ validFrom, ...post }) => grant.mutate({ ...post, ...(validFrom ? { validFrom } : {}) })}
      >
        <Form.Item name="role" label={t.role} rules={required}>
          <Select options={roles.map((role) => ({ value: role, label: pick(roleNames[role]) }))} />
        </Form.Item>
        <Form.Item name="orgCode" label={t.unit} rules={required}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={(units.data?.items ?? []).map((unit) => ({
              value: unit.code,
              label: noted(unit.name, unit.code),
            }))}
          />
        </Form.Item>
        <Form.Item name="validFrom" label={t.validFrom} extra={t.validFromHint}>
          <DateBox />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={grant.isPending} data-testid="post-grant">
          {t.grant}
        </Button>
      </Form>
    </Card>
  )
}

function EndDialog({ person, post, onClose }: { person: Staff; post: Post; onClose: () => void }) {
  const t = useText(orgText)
  const { labelled } = useMarks()
  const pick = usePick()
  const words = useErrorWords()
  const units = useOrgUnits()
  const [reason, setReason] = useState('')
  const end = usePostChange(pathOf`/api/staff/${person.staffNo}/posts/end`, onClose)
  const orgCode = units.data?.items.find((unit) => unit.orgId === post.orgId)?.code
  return (
    <Modal
      open
      title={t.endTitle(person.name)}
      okText={t.end}
      cancelText={t.cancel}
      okButtonProps={{
        danger: true,
        loading: end.isPending,
        disabled: reason.trim() === '' || orgCode === undefined,
      }}
      onOk={() => end.mutate({ orgCode, role: post.role, reason: reason.trim() })}
      onCancel={onClose}
    >
      <Flex vertical gap={12}>
        {end.error && <Alert type="error" showIcon title={words(end.error)} />}
        <strong>
          {pick(roleNames[post.role])} · {post.orgName}
        </strong>
        <span>{t.endHint}</span>
        <Input.TextArea
          aria-label={t.reason}
          placeholder={labelled(t.reason, t.reasonHint)}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Flex>
    </Modal>
  )
}
