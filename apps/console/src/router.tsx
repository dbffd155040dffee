import { createBrowserRouter, Navigate, type RouteObject, useRouteError } from 'react-router'
import { LoginPage } from '#features/org/web/LoginPage.tsx'
import { Crashed } from '#platform/web/ErrorBoundary.tsx'
import type { WebFeature, WebPage } from '#platform/web/feature.ts'
import { FullPageSpinner } from '#platform/web/states.tsx'
import { Frame } from './Frame.tsx'
import { Guarded, NotFound } from './Guarded.tsx'

function RouteCrashed() {
  return <Crashed error={useRouteError()} />
}

const routeOf = (page: WebPage): RouteObject => ({
  element: <Guarded permission={page.permission} />,
  children: [
    {
      path: page.path,
      lazy: () => page.load().then((Component) => ({ Component })),
      ErrorBoundary: RouteCrashed,
    },
  ],
})

/** All addresses: the login, and behind it the frame with every feature's pages. */
export const createRouter = (features: readonly WebFeature[]) =>
  createBrowserRouter([
    { path: '/login', Component: LoginPage, ErrorBoundary: RouteCrashed },
    {
      path: '/',
      element: <Frame features={features} />,
      HydrateFallback: FullPageSpinner,
      ErrorBoundary: RouteCrashed,
      children: [
        { index: true, element: <Navigate to="/home" replace /> },
        ...features.flatMap((feature) => feature.routes).map(routeOf),
        { path: '*', Component: NotFound },
      ],
    },
  ])
