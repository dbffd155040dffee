export { registerTagRoutes } from '#features/tags/server/tag-routes.ts'
export { createTags, type TagDeps, type Tags, type UsesOf } from '#features/tags/server/tags.ts'
