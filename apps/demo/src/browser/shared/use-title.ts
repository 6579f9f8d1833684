import { useEffect } from "preact/hooks"

/** The tab's title: what it shows, then whose page it is. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · luxbus`
  }, [title])
}
