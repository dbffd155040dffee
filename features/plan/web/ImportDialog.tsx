import { useMutation } from '@tanstack/react-query'
import { Alert, App, Button, Checkbox, Flex, Modal, Table, Tag } from 'antd'
import { useRef, useState } from 'react'
import { ApiError, api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { ImportOutcome } from '../common/plan.ts'
import { Differences } from './Differences.tsx'
import { useForgetPlan } from './plan-queries.ts'
import { planText, stateNames } from './plan-text.ts'
import './plan.css'

/** Takes a plan from a file: first shows what would change, then does it. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const t = useText(planText)
  const [plan, setPlan] = useState<unknown>()
  const [publish, setPublish] = useState(true)
  const [isBroken, setBroken] = useState(false)
  const { look, run } = useImport(onClose)
  const read = async (file: File | undefined) => {
    if (!file) return
    look.reset()
    try {
      const parsed: unknown = JSON.parse(await file.text())
      setBroken(false)
      setPlan(parsed)
      look.mutate({ plan: parsed, publish, dryRun: true })
    } catch {
      setBroken(true)
      setPlan(undefined)
    }
  }
  const choosePublish = (isChosen: boolean) => {
    setPublish(isChosen)
    if (plan !== undefined) look.mutate({ plan, publish: isChosen, dryRun: true })
  }
  const outcome = look.data
  return (
    <Modal
      open
      width={760}
      title={t.importTitle}
      okText={t.doImport}
      cancelText={t.cancel}
      okButtonProps={{
        disabled: !outcome || outcome.created + outcome.changed === 0,
        loading: run.isPending,
        ...{ 'data-testid': 'plan-import' },
      }}
      onOk={() => run.mutate({ plan, publish, dryRun: false })}
      onCancel={onClose}
    >
      <Flex vertical gap={12}>
        <span className="quiet">{t.importHint}</span>
        <Flex gap={12} wrap align="center">
          <FileButton onFile={(file) => void read(file)} />
          <Checkbox checked={publish} onChange={(event) => choosePublish(event.target.checked)}>
            {t.alsoPublish}
          </Checkbox>
        </Flex>
        {isBroken && <Alert type="error" showIcon title={t.notJson} />}
        <Failure error={look.error ?? run.error} />
        {outcome && <Outcome outcome={outcome} />}
      </Flex>
    </Modal>
  )
}

type Input = { plan: unknown; publish: boolean; dryRun: boolean }

function useImport(onClose: () => void) {
  const t = useText(planText)
  const forget = useForgetPlan()
  const { message } = App.useApp()
  const send = (input: Input) => api.post<ImportOutcome>('/api/plan/import', input)
  const look = useMutation({ mutationFn: send })
  const run = useMutation({
    mutationFn: send,
    onSuccess: async () => {
      void message.success(t.done)
      await forget()
      onClose()
    },
  })
  return { look, run }
}

function FileButton({ onFile }: { onFile: (file: File | undefined) => void }) {
  const t = useText(planText)
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button onClick={() => input.current?.click()}>{t.chooseFile}</Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        data-testid="plan-file"
        onChange={(event) => {
          onFile(event.target.files?.[0])
          // The same file may be chosen again after it was mended.
          event.target.value = ''
        }}
      />
    </>
  )
}

function Failure({ error }: { error: unknown }) {
  const words = useErrorWords()
  if (!error) return null
  const fields = error instanceof ApiError ? error.errors : []
  return (
    <Alert
      type="error"
      showIcon
      title={words(error)}
      description={
        fields.length > 0 && (
          <ul className="plan-differences">
            {fields.slice(0, 10).map((field) => (
              <li key={`${field.path} ${field.message}`}>
                <code>{field.path}</code> {field.message}
              </li>
            ))}
          </ul>
        )
      }
    />
  )
}

function Outcome({ outcome }: { outcome: ImportOutcome }) {
  const t = useText(planText)
  const pick = usePick()
  const rows = outcome.items.filter((one) => one.outcome !== 'unchanged')
  return (
    <>
      <Alert type="info" title={t.outcome(outcome.created, outcome.changed, outcome.unchanged)} />
      <Table
        aria-label={t.whatChanges}
        size="small"
        pagination={rows.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
        dataSource={rows}
        rowKey="key"
        scroll={{ x: 480 }}
        locale={{ emptyText: t.noDifferences }}
        columns={[
          { title: t.event, dataIndex: 'key' },
          {
            title: t.state,
            key: 'state',
            width: 170,
            render: (_, { state }) => (
              <>
                {state.before && state.before !== state.after && <>{pick(stateNames[state.before])} → </>}
                <Tag>{pick(stateNames[state.after])}</Tag>
              </>
            ),
          },
        ]}
        expandable={{ expandedRowRender: (row) => <Differences items={row.differences} /> }}
      />
    </>
  )
}
