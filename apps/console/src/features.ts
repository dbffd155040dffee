import { approvals } from '#features/approvals/web/index.ts'
import { audit } from '#features/audit/web/index.ts'
import { breakpoints } from '#features/breakpoints/web/index.ts'
import { campaigns } from '#features/campaigns/web/index.ts'
import { coverage } from '#features/coverage/web/index.ts'
import { customers } from '#features/customers/web/index.ts'
import { home } from '#features/home/web/index.ts'
import { imports } from '#features/imports/web/index.ts'
import { ingest } from '#features/ingest/web/index.ts'
import { insight } from '#features/insight/web/index.ts'
import { lists } from '#features/lists/web/index.ts'
import { metrics } from '#features/metrics/web/index.ts'
import { models } from '#features/models/web/index.ts'
import { org } from '#features/org/web/index.ts'
import { plan } from '#features/plan/web/index.ts'
import { segments } from '#features/segments/web/index.ts'
import { streaming } from '#features/streaming/web/index.ts'
import { tags } from '#features/tags/web/index.ts'
import { tasks } from '#features/tasks/web/index.ts'
import { value } from '#features/value/web/index.ts'
import type { WebFeature } from '#platform/web/feature.ts'

/** Every feature with pages, in the order of the navigation. A new one is one import and one entry here. */
export const features: readonly WebFeature[] = [
  home,
  customers,
  tags,
  segments,
  streaming,
  insight,
  lists,
  value,
  breakpoints,
  coverage,
  campaigns,
  plan,
  ingest,
  metrics,
  imports,
  tasks,
  approvals,
  models,
  audit,
  org,
]
