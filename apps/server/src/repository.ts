import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of this checkout, wherever the program was started from. */
export const repositoryRoot = join(fileURLToPath(new URL('.', import.meta.url)), '../../..')

export const version = '0.1.0'
