import type { Slot, Zhike } from '@zhike/sdk'
import { observeExposure } from '@zhike/sdk'
import { useEffect, useRef, useState } from 'react'
import { defineText, useText } from '#platform/web/text.ts'

const text = defineText({
  label: ['为您推荐', 'For you'],
  open: ['查看', 'See'],
  close: ['不感兴趣', 'Not interested'],
})

/** What one slot shows this customer; reports exposure, click and close. Nothing is drawn where nothing is placed. */
export function SlotBanner({
  zhike,
  name,
  onOpen,
}: {
  zhike: Zhike
  name: string
  onOpen: (link: string) => void
}) {
  const t = useText(text)
  const [slot, setSlot] = useState<Slot>()
  const element = useRef<HTMLElement>(null)

  useEffect(() => {
    let isCurrent = true
    zhike.slots([name]).then(
      ([placed]) => isCurrent && setSlot(placed),
      // A slot that can't be read stays empty: the page is worth more than its advertisement.
      () => isCurrent && setSlot(undefined),
    )
    return () => {
      isCurrent = false
    }
  }, [zhike, name])
  useEffect(
    () => (slot && element.current ? observeExposure(zhike, element.current, slot) : undefined),
    [zhike, slot],
  )

  if (!slot) return null
  const open = () => {
    zhike.clicked(slot)
    onOpen(slot.content.link)
  }
  const close = () => {
    zhike.closed(slot)
    setSlot(undefined)
  }
  return (
    <section className="banner" ref={element} aria-label={t.label} data-testid={`slot-${name}`}>
      <small>{t.label}</small>
      <h2>{slot.content.title}</h2>
      <p>{slot.content.body}</p>
      <div className="row">
        <button type="button" className="primary" onClick={open} data-testid="slot-open">
          {t.open}
        </button>
        <button type="button" className="quiet" onClick={close}>
          {t.close}
        </button>
      </div>
    </section>
  )
}
