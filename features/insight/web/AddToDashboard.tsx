import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { usePick, useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { Dashboard } from '../common/dashboard.ts'
import type { AnalysisView } from './analysis-view.ts'
import { Field } from './fields.tsx'
import { insightText } from './insight-text.ts'

/** Puts a question on one of the person's own dashboards, or on a new one. */
export function AddToDashboard({ view, query }: { view: AnalysisView; query: Record<string, unknown> }) {
  const t = useText(insightText)
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t.addToDashboard}</Button>
      {isOpen && <AddDialog view={view} query={query} onClose={() => setOpen(false)} />}
    </>
  )
}

function AddDialog(props: { view: AnalysisView; query: Record<string, unknown>; onClose: () => void }) {
  const t = useText(insightText)
  const pick = usePick()
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const own = useList<Dashboard>('/api/insight/dashboards', {}, { limit: 200 }).items.filter(
    (one) => one.isMine,
  )
  const [title, setTitle] = useState(pick(props.view.label))
  const [chosen, setChosen] = useState<string>()
  const save = async () => {
    const found = own.find((one) => one.key === chosen)
    const bottom = Math.max(0, ...(found?.cards ?? []).map((card) => card.y + card.h))
    const id = crypto.randomUUID().slice(0, 8)
    const card = { id, title, kind: props.view.kind, query: props.query, x: 0, y: bottom, w: 6, h: 4 }
    try {
      if (found) {
        const { name, description, cards, sharing, roles, version } = found
        const body = { name, description, cards: [...cards, card], sharing, roles, version }
        await api.put(pathOf`/api/insight/dashboards/${found.key}`, body)
      } else await api.post('/api/insight/dashboards', { key: `board-${id}`, name: title, cards: [card] })
      await queries.invalidateQueries({ queryKey: ['/api/insight/dashboards'] })
      void message.success(t.saved)
      props.onClose()
    } catch (error) {
      void message.error(words(error))
    }
  }
  return (
    <Modal
      open
      title={t.addToDashboard}
      okText={t.save}
      cancelText={t.cancel}
      okButtonProps={{ disabled: title.trim() === '' }}
      onOk={() => void save()}
      onCancel={props.onClose}
    >
      <Field label={t.title}>
        <Input
          aria-label={t.title}
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </Field>
      <Field label={t.dashboard}>
        <Select
          aria-label={t.dashboard}
          allowClear
          placeholder={t.newDashboard}
          value={chosen}
          onChange={(key?: string) => setChosen(key)}
          options={own.map(({ key, name }) => ({ value: key, label: name }))}
        />
      </Field>
    </Modal>
  )
}
