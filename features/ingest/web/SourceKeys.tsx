import { PlusOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Table, Tag, Typography } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { SourceDetail, SourceKey } from '../common/source.ts'
import { undoRevokeHours } from '../common/source-key-rules.ts'
import { KeyOnce } from './KeyOnce.tsx'
import { ReasonDialog } from './ReasonDialog.tsx'
import { sourceText } from './source-text.ts'

type Step = { kind: 'reveal' | 'revoke' | 'undo'; keyId: string }

/** The keys of a source, and how to change one for another without losing an event. */
export function SourceKeys({ source }: { source: SourceDetail }) {
  const t = useText(sourceText)
  const words = useErrorWords()
  const may = useMay()
  const queries = useQueryClient()
  const [step, setStep] = useState<Step>()
  const [shown, setShown] = useState<string>()
  const reload = () => queries.invalidateQueries({ queryKey: ['/api/sources'] })
  const add = useMutation({
    mutationFn: () => api.post<SourceKey>(pathOf`/api/sources/${source.source}/keys`),
    onSuccess: async ({ key }) => {
      setShown(key)
      await reload()
    },
  })
  return (
    <Card
      size="small"
      title={t.keys}
      extra={
        may('source.write') && (
          <Button
            size="small"
            icon={<PlusOutlined />}
            loading={add.isPending}
            onClick={() => add.mutate()}
            data-testid="key-add"
          >
            {t.addKey}
          </Button>
        )
      }
    >
      <Flex vertical gap={8}>
        <span className="quiet small">{t.keysHint}</span>
        {add.error && <Alert type="error" showIcon title={words(add.error)} />}
        <KeyTable source={source} onStep={may('source.write') ? setStep : undefined} />
      </Flex>
      {step && (
        <StepDialog
          source={source.source}
          step={step}
          onClose={() => setStep(undefined)}
          onDone={(key) => {
            setStep(undefined)
            setShown(key)
            void reload()
          }}
        />
      )}
      {shown && <KeyOnce title={t.key} writeKey={shown} onClose={() => setShown(undefined)} />}
    </Card>
  )
}

/** What a person may do with a key now. */
function stepsOf(key: SourceKey, source: SourceDetail, now: number): Step['kind'][] {
  if (key.state === 'revoked') {
    const isRecent = key.revokedAt !== null && now - Date.parse(key.revokedAt) < undoRevokeHours * 3_600_000
    return isRecent ? ['undo'] : []
  }
  return [
    ...(key.isMasked ? (['reveal'] as const) : []),
    ...(source.activeKeys > 1 ? (['revoke'] as const) : []),
  ]
}

function KeyTable({ source, onStep }: { source: SourceDetail; onStep: ((step: Step) => void) | undefined }) {
  const t = useText(sourceText)
  const format = useFormat()
  const names = { reveal: t.reveal, revoke: t.revoke, undo: t.undo }
  return (
    <Table<SourceKey>
      aria-label={t.keys}
      size="small"
      pagination={false}
      dataSource={source.keys}
      rowKey="keyId"
      scroll={{ x: 720 }}
      columns={[
        {
          title: t.key,
          key: 'key',
          render: (_, { key, isMasked }) => (
            <Typography.Text code copyable={!isMasked && { text: key }}>
              {key}
            </Typography.Text>
          ),
        },
        {
          title: t.state,
          key: 'state',
          width: 150,
          render: (_, { state, revokeReason }) => (
            <Flex vertical>
              <span>
                <Tag color={state === 'active' ? 'success' : 'default'}>{t[state]}</Tag>
              </span>
              {revokeReason && <span className="quiet small">{revokeReason}</span>}
            </Flex>
          ),
        },
        {
          title: t.lastUsed,
          key: 'used',
          width: 120,
          render: (_, { lastUsedOn }) => lastUsedOn ?? <span className="quiet">{t.neverUsed}</span>,
        },
        {
          title: t.created,
          key: 'created',
          width: 150,
          render: (_, { createdAt }) => format.time(createdAt),
        },
        {
          key: 'steps',
          width: 170,
          render: (_, key) =>
            onStep &&
            stepsOf(key, source, Date.now()).map((kind) => (
              <Button
                key={kind}
                type="link"
                size="small"
                danger={kind === 'revoke'}
                onClick={() => onStep({ kind, keyId: key.keyId })}
              >
                {names[kind]}
              </Button>
            )),
        },
      ]}
    />
  )
}

function StepDialog(props: {
  source: string
  step: Step
  onClose: () => void
  onDone: (revealed: string | undefined) => void
}) {
  const t = useText(sourceText)
  const { source, step } = props
  const words = {
    reveal: [t.reveal, t.revealHint, t.reveal],
    revoke: [t.revokeKeyTitle, t.revokeKeyHint, t.revoke],
    undo: [t.undoTitle, t.undoHint, t.undo],
  } as const
  const [title, hint, action] = words[step.kind]
  const path = {
    reveal: pathOf`/api/sources/${source}/keys/${step.keyId}/reveal`,
    revoke: pathOf`/api/sources/${source}/keys/${step.keyId}/revoke`,
    undo: pathOf`/api/sources/${source}/keys/${step.keyId}/undo-revoke`,
  }[step.kind]
  return (
    <ReasonDialog<{ key?: string }>
      title={title}
      hint={hint}
      action={action}
      isDangerous={step.kind === 'revoke'}
      onClose={props.onClose}
      onDone={(answer) => props.onDone(step.kind === 'reveal' ? answer.key : undefined)}
      run={(reason) => api.post<{ key?: string }>(path, { reason })}
    />
  )
}
