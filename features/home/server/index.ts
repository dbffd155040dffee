export { createHome, type Home, registerHomeRoutes } from '#features/home/server/home.ts'
