import { Button, Drawer, Flex, Input } from 'antd'
import { useState } from 'react'
import { useText } from '#platform/web/text.ts'
import { taskText } from './task-text.ts'

/** How a task ended, in one line: a tap on a common answer is enough. */
export function NoteSheet(props: {
  ending: 'won' | 'lost' | null
  isSaving: boolean
  onClose: () => void
  onSave: (note: string) => void
}) {
  const t = useText(taskText)
  const what = props.ending === 'lost' ? t.lost : t.won
  return (
    <Drawer
      open={props.ending !== null}
      onClose={props.onClose}
      placement="bottom"
      size={320}
      title={t.noteTitle(what)}
      destroyOnHidden
    >
      {props.ending && <Note {...props} ending={props.ending} />}
    </Drawer>
  )
}

function Note(props: { ending: 'won' | 'lost'; isSaving: boolean; onSave: (note: string) => void }) {
  const t = useText(taskText)
  const [note, setNote] = useState('')
  const common =
    props.ending === 'won' ? [t.noteWon, t.noteWonLater] : [t.noteLost, t.noteLostAway, t.noteLostOther]
  return (
    <Flex vertical gap={12} style={{ maxWidth: 640, margin: '0 auto' }}>
      <Flex gap={8} wrap>
        {common.map((words) => (
          <Button key={words} type={note === words ? 'primary' : 'default'} onClick={() => setNote(words)}>
            {words}
          </Button>
        ))}
      </Flex>
      <Input.TextArea
        aria-label={t.note}
        data-testid="task-note"
        placeholder={t.noteHint}
        maxLength={2000}
        autoSize={{ minRows: 2, maxRows: 4 }}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <Button
        type="primary"
        size="large"
        block
        disabled={note.trim() === ''}
        loading={props.isSaving}
        data-testid="task-save"
        onClick={() => props.onSave(note.trim())}
      >
        {t.save}
      </Button>
    </Flex>
  )
}
