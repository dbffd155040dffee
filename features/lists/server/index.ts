export { registerListRoutes } from '#features/lists/server/list-routes.ts'
export { createLists, type Lists, type ListUse } from '#features/lists/server/lists.ts'
