import { Modal } from 'antd'
import { useEffect } from 'react'
import { useBlocker } from 'react-router'
import { defineText, useText } from './text.ts'

const text = defineText({
  title: ['修改还没有保存', 'Changes are not saved yet'],
  hint: [
    '离开后草稿保留在这个浏览器标签页里，回来可以继续。',
    'The draft stays in this browser tab and is here when you come back.',
  ],
  leave: ['离开', 'Leave'],
  stay: ['继续编辑', 'Stay'],
})

/** Asks before leaving an editor whose changes are not saved; the draft itself is kept by `useDraft`. */
export function LeaveGuard({ isDirty }: { isDirty: boolean }) {
  const t = useText(text)
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => isDirty && currentLocation.pathname !== nextLocation.pathname,
  )
  useEffect(() => {
    if (!isDirty) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [isDirty])
  return (
    <Modal
      open={blocker.state === 'blocked'}
      title={t.title}
      okText={t.leave}
      cancelText={t.stay}
      onOk={() => blocker.proceed?.()}
      onCancel={() => blocker.reset?.()}
    >
      {t.hint}
    </Modal>
  )
}
