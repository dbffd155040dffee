import { Drawer } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import { Navigate, Outlet, useLocation, useNavigation } from 'react-router'
import { CommandPalette } from '#platform/web/CommandPalette.tsx'
import { ErrorBoundary } from '#platform/web/ErrorBoundary.tsx'
import type { WebFeature } from '#platform/web/feature.ts'
import { MenuContext } from '#platform/web/menu-context.ts'
import { useMay, useSession } from '#platform/web/session.tsx'
import { ErrorState, FullPageSpinner } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { frameText } from './frame-text.ts'
import { SideNavigation } from './SideNavigation.tsx'
import { TopBar } from './TopBar.tsx'

/** The frame around every page for a signed-in person; others are sent to the login and come back after it. */
export function Frame({ features }: { features: readonly WebFeature[] }) {
  const { session, reload } = useSession()
  const location = useLocation()
  if (session.state === 'loading') return <FullPageSpinner />
  if (session.state === 'unreachable')
    return <ErrorState error={session.error} onRetry={() => void reload()} />
  if (session.state === 'signedOut') {
    const next = encodeURIComponent(location.pathname + location.search)
    return <Navigate to={`/login?next=${next}`} replace />
  }
  return <SignedInFrame features={features} />
}

function SignedInFrame({ features }: { features: readonly WebFeature[] }) {
  const t = useText(frameText)
  const may = useMay()
  const location = useLocation()
  const isOpening = useNavigation().state === 'loading'
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const [isSearching, setSearching] = useState(false)
  useSearchKey(() => setSearching(true))
  // biome-ignore lint/correctness/useExhaustiveDependencies: going anywhere closes the drawer
  useEffect(() => setDrawerOpen(false), [location.pathname])
  const menu = useMemo(
    () => features.flatMap((feature) => feature.menu).filter((entry) => may(entry.permission)),
    [features, may],
  )
  const sources = useMemo(() => features.flatMap((feature) => feature.search ?? []), [features])
  return (
    <div className="frame">
      <a href="#page" className="skip-link">
        {t.skip}
      </a>
      <TopBar onMenu={() => setDrawerOpen(true)} onSearch={() => setSearching(true)} />
      <div className="frame-body">
        <aside className="side">
          <SideNavigation menu={menu} />
        </aside>
        <Drawer
          open={isDrawerOpen}
          onClose={() => setDrawerOpen(false)}
          placement="left"
          size={264}
          title={t.product}
          styles={{ body: { padding: 0 } }}
        >
          <SideNavigation menu={menu} />
        </Drawer>
        <main id="page" tabIndex={-1} className="page" aria-busy={isOpening}>
          {isOpening && <div className="page-progress" />}
          <ErrorBoundary resetKey={location.pathname}>
            <MenuContext value={menu}>
              <Outlet />
            </MenuContext>
          </ErrorBoundary>
        </main>
      </div>
      <CommandPalette
        isOpen={isSearching}
        onClose={() => setSearching(false)}
        menu={menu}
        sources={sources}
      />
    </div>
  )
}

function useSearchKey(open: () => void) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        open()
      }
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [open])
}
