/** Calls once, when at least half of the element has been visible for a second. Returns the way to stop watching. */
export function watchVisible(element: Element, onVisible: () => void): () => void {
  if (typeof IntersectionObserver === 'undefined') return () => {}
  let isInView = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const observer = new IntersectionObserver(
    (changes) => {
      isInView = (changes[changes.length - 1]?.intersectionRatio ?? 0) >= 0.5
      update()
    },
    { threshold: 0.5 },
  )

  /** A hidden tab keeps its layout, so the observer alone would count what nobody can see. */
  function update() {
    clearTimeout(timer)
    if (isInView && document.visibilityState === 'visible') timer = setTimeout(finish, 1000)
  }

  function finish() {
    stop()
    onVisible()
  }

  function stop() {
    clearTimeout(timer)
    observer.disconnect()
    document.removeEventListener('visibilitychange', update)
  }

  document.addEventListener('visibilitychange', update)
  observer.observe(element)
  return stop
}
