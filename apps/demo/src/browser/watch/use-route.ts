import { useEffect, useState } from "preact/hooks"
import { parseRoute, type Route } from "./route.ts"

/** Where in the page the reader is. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const onChange = () => setHash(location.hash)
    addEventListener("hashchange", onChange)
    return () => removeEventListener("hashchange", onChange)
  }, [])
  return parseRoute(hash)
}
