/** Whether every word typed is in one of the texts; pinyin is found only where it is among the texts. */
export const matches = (typed: string, texts: readonly string[]): boolean =>
  typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => texts.some((text) => text.toLowerCase().includes(word)))
