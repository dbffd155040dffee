import { Button, Flex, Form, Input } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useMay, useUser } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { Staff } from '../common/org.ts'
import { FormDialog, useRequired } from './FormDialog.tsx'
import { orgText } from './org-text.ts'

type NewStaff = { staffNo: string; name: string; username?: string; password?: string }

const withoutEmpty = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value)) as Partial<T>

/** A new person; what they may do comes with the posts granted afterwards. */
export function CreateStaffDialog({ onClose }: { onClose: () => void }) {
  const t = useText(orgText)
  const required = useRequired()
  return (
    <FormDialog<NewStaff>
      title={t.createStaff}
      send={(person) => api.post('/api/staff', withoutEmpty(person))}
      refresh="/api/staff"
      onClose={onClose}
    >
      <Form.Item name="staffNo" label={t.number} rules={required}>
        <Input maxLength={64} />
      </Form.Item>
      <Form.Item name="name" label={t.name} rules={required}>
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item name="username" label={t.username} extra={t.usernameHint}>
        <Input maxLength={64} autoComplete="off" />
      </Form.Item>
      <PasswordField name="password" label={t.password} isOptional />
    </FormDialog>
  )
}

function PasswordField(props: { name: string; label: string; isOptional?: boolean }) {
  const t = useText(orgText)
  return (
    <Form.Item
      name={props.name}
      label={props.label}
      rules={[{ required: !props.isOptional, min: 8, message: t.passwordRule }]}
    >
      <Input.Password maxLength={200} autoComplete="new-password" />
    </Form.Item>
  )
}

function ReasonField() {
  const t = useText(orgText)
  return (
    <Form.Item name="reason" label={t.reason} extra={t.reasonHint} rules={useRequired()}>
      <Input.TextArea maxLength={500} />
    </Form.Item>
  )
}

type Open = 'rename' | 'password' | 'leave' | 'return' | null

/** What an administrator does to somebody's account. */
export function StaffAccount({ person }: { person: Staff }) {
  const t = useText(orgText)
  const may = useMay()
  const user = useUser()
  const [open, setOpen] = useState<Open>(null)
  if (!may('staff.write')) return null
  const isOwn = person.staffNo === user.staffNo
  const close = () => setOpen(null)
  return (
    <Flex gap={8} wrap>
      <Button size="small" onClick={() => setOpen('rename')}>
        {t.changeStaff}
      </Button>
      {!isOwn && person.username !== null && (
        <Button size="small" onClick={() => setOpen('password')}>
          {t.resetPassword}
        </Button>
      )}
      {!isOwn && person.state === 'active' && (
        <Button size="small" danger onClick={() => setOpen('leave')}>
          {t.markLeft}
        </Button>
      )}
      {person.state === 'left' && (
        <Button size="small" onClick={() => setOpen('return')}>
          {t.markBack}
        </Button>
      )}
      {open === 'rename' && <ChangeDialog person={person} onClose={close} />}
      {open === 'password' && <ResetDialog person={person} onClose={close} />}
      {open === 'leave' && <StateDialog person={person} state="left" onClose={close} />}
      {open === 'return' && <StateDialog person={person} state="active" onClose={close} />}
    </Flex>
  )
}

type Dialog = { person: Staff; onClose: () => void }

function ChangeDialog({ person, onClose }: Dialog) {
  const t = useText(orgText)
  const required = useRequired()
  return (
    <FormDialog<{ name: string; username?: string; reason: string }>
      title={t.changeStaffOf(person.name)}
      initialValues={{ name: person.name, ...(person.username && { username: person.username }) }}
      send={(values) => api.put(pathOf`/api/staff/${person.staffNo}`, withoutEmpty(values))}
      refresh="/api/staff"
      onClose={onClose}
    >
      <Form.Item name="name" label={t.name} rules={required}>
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item name="username" label={t.username} extra={t.usernameHint}>
        <Input maxLength={64} autoComplete="off" />
      </Form.Item>
      <ReasonField />
    </FormDialog>
  )
}

function ResetDialog({ person, onClose }: Dialog) {
  const t = useText(orgText)
  return (
    <FormDialog<{ password: string; reason: string }>
      title={t.resetPasswordOf(person.name)}
      send={(values) => api.post(pathOf`/api/staff/${person.staffNo}/password`, values)}
      refresh="/api/staff"
      onClose={onClose}
    >
      <p className="quiet">{t.resetHint}</p>
      <PasswordField name="password" label={t.newPassword} />
      <ReasonField />
    </FormDialog>
  )
}

function StateDialog({ person, state, onClose }: Dialog & { state: Staff['state'] }) {
  const t = useText(orgText)
  return (
    <FormDialog<{ reason: string }>
      title={state === 'left' ? t.markLeftOf(person.name) : t.markBackOf(person.name)}
      send={({ reason }) => api.put(pathOf`/api/staff/${person.staffNo}`, { state, reason })}
      refresh="/api/staff"
      onClose={onClose}
    >
      <p className="quiet">{state === 'left' ? t.leftHint : t.backHint}</p>
      <ReasonField />
    </FormDialog>
  )
}

/** Changes one's own password; one signs in again afterwards. */
export function OwnPasswordDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const t = useText(orgText)
  return (
    <FormDialog<{ current: string; next: string }>
      title={t.ownPassword}
      send={(values) => api.post('/api/password', values)}
      onClose={onClose}
      onDone={onDone}
    >
      <p className="quiet">{t.ownPasswordHint}</p>
      <Form.Item name="current" label={t.currentPassword} rules={[{ required: true, message: t.required }]}>
        <Input.Password maxLength={200} autoComplete="current-password" />
      </Form.Item>
      <PasswordField name="next" label={t.newPassword} />
    </FormDialog>
  )
}
