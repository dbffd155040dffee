import { Watermark } from 'antd'
import type { ReactNode } from 'react'
import { useAppearance } from './appearance.ts'
import { useUser } from './session.tsx'

/** Puts the viewer's staff number faintly over a page that shows customers, so that a photograph tells who took it. */
export function StaffWatermark({ children }: { children: ReactNode }) {
  const user = useUser()
  const ink = useAppearance() === 'dark' ? 'rgba(255,255,255,0.05)' : 'rgba(28,36,48,0.055)'
  return (
    <Watermark content={[user.staffNo, user.name]} font={{ color: ink, fontSize: 14 }} gap={[140, 120]}>
      {children}
    </Watermark>
  )
}
