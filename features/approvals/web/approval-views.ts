import { createContext, useContext } from 'react'
import type { ApprovalView } from '#platform/web/feature.ts'

/** How each kind of thing is read, collected from all features by the console. */
export const ApprovalViewsContext = createContext<readonly ApprovalView[]>([])

export const useApprovalViews = () => useContext(ApprovalViewsContext)

export function useApprovalView(objectType: string): ApprovalView | undefined {
  return useApprovalViews().find((view) => view.objectType === objectType)
}
