import { customers } from '#features/customers/web/index.ts'
import { home } from '#features/home/web/index.ts'
import { segments } from '#features/segments/web/index.ts'
import { tags } from '#features/tags/web/index.ts'
import type { WebFeature } from '#platform/web/feature.ts'

/** Every feature with pages, in the order of the navigation. A new one is one import and one entry here. */
export const features: readonly WebFeature[] = [home, customers, tags, segments]
