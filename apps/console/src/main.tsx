import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RouterProvider } from 'react-router/dom'
import { ApprovalViewsContext } from '#features/approvals/web/index.ts'
import { Providers } from '#platform/web/Providers.tsx'
import { features } from './features.ts'
import { createRouter } from './router.tsx'
import './console.css'

// Our content policy forbids code made from text; schemas checked in the browser then do without trying it.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } })

const errors = Object.assign({}, ...features.map((feature) => feature.errors ?? {}))
const approvalViews = features.flatMap((feature) => feature.approvals ?? [])
const place = document.getElementById('root')
if (place) {
  createRoot(place).render(
    <StrictMode>
      <Providers errors={errors}>
        <ApprovalViewsContext value={approvalViews}>
          <RouterProvider router={createRouter(features)} />
        </ApprovalViewsContext>
      </Providers>
    </StrictMode>,
  )
}
