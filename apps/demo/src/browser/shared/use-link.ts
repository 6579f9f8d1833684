import { useEffect, useState } from "preact/hooks"
import { BrokerLink, brokerUrl } from "./broker-link.ts"

const TOKEN_KEY = "luxbus.token"

/** A page's link to its broker. */
export interface Linked {
  readonly link: BrokerLink
  /** Makes further links, to the same broker. */
  readonly openAnother: () => BrokerLink
  /** Connects anew. */
  readonly reopen: () => void
  /** Whether the tab has a token to show. */
  readonly hasToken: boolean
  /** Connects anew, with this token; the tab keeps it. */
  readonly useToken: (token: string) => void
}

/**
 * The page's link, which closes as the page goes away.
 * @param wantedId makes up the client id to ask for; a token's owner has an id already, and is not asked
 */
export function useLink(wantedId?: () => string): Linked {
  const open = () => {
    const token = sessionStorage.getItem(TOKEN_KEY)
    const url = brokerUrl(location)
    if (token !== null) return new BrokerLink({ url, token })
    return new BrokerLink({ url, ...(wantedId !== undefined && { id: wantedId() }) })
  }
  const [link, setLink] = useState(open)
  useEffect(() => {
    const onHide = () => void link.close()
    // A page that the browser brings back as it was has a bus that is closed.
    const onShow = ({ persisted }: PageTransitionEvent) => persisted && location.reload()
    addEventListener("pagehide", onHide)
    addEventListener("pageshow", onShow)
    return () => {
      removeEventListener("pagehide", onHide)
      removeEventListener("pageshow", onShow)
      void link.close()
    }
  }, [link])
  const reopen = () => setLink(open())
  const useToken = (token: string) => {
    sessionStorage.setItem(TOKEN_KEY, token)
    reopen()
  }
  const hasToken = sessionStorage.getItem(TOKEN_KEY) !== null
  return { link, openAnother: open, reopen, hasToken, useToken }
}
