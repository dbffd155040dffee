/** The handle by which browser tests find a dialog's button, where only its properties can be given. */
export const testId = (id: string): object => ({ 'data-testid': id })
