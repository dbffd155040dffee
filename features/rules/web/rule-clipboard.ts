// Pages without a secure address have no clipboard to read: what was copied here can still be pasted here.
let lastCopied = ''

/** Copies a text. */
export async function copyText(text: string): Promise<void> {
  lastCopied = text
  await navigator.clipboard?.writeText(text).catch(() => undefined)
}

/** What was copied last, here or elsewhere. */
export async function readCopied(): Promise<string> {
  const text = await navigator.clipboard?.readText().catch(() => '')
  return text || lastCopied
}
