import { useEffect, useMemo } from "preact/hooks"
import { Announcer } from "../shared/announcer.tsx"
import { ConnectionBadge, connectionWord } from "../shared/connection-badge.tsx"
import { Icon } from "../shared/icon.tsx"
import { TokenForm } from "../shared/token-form.tsx"
import { TopBar } from "../shared/top-bar.tsx"
import { useLink } from "../shared/use-link.ts"
import { useObservable } from "../shared/use-observable.ts"
import { useJustResumed, useStatus } from "../shared/use-status.ts"
import { SendForm } from "./send-form.tsx"
import { TabDirectory } from "./tab-directory.ts"
import { newTabId, tabId } from "./tab-id.ts"
import { TransferCard } from "./transfer-card.tsx"
import { Transfers } from "./transfers.ts"

/** The page that sends files between tabs. */
export function SendApp() {
  const { link, reopen, hasToken, useToken } = useLink(tabId)
  const { bus } = link
  const status = useStatus(bus)
  const hasJustResumed = useJustResumed(bus)
  const directory = useMemo(() => new TabDirectory(bus), [bus])
  const transfers = useMemo(() => new Transfers(bus, () => performance.now()), [bus])
  useObservable(transfers)
  useEffect(() => {
    const leave = () => directory.close()
    addEventListener("pagehide", leave)
    return () => {
      removeEventListener("pagehide", leave)
      leave()
      transfers.close()
    }
  }, [directory, transfers])
  const code = status.state === "closed" ? status.error?.code : undefined
  useEffect(() => {
    if (code !== "id_taken") return
    newTabId()
    reopen()
  }, [code])
  const word = connectionWord(status, hasJustResumed)
  return (
    <div class="app send-app">
      <TopBar page="send" />
      {status.error !== undefined && code === "unauthenticated" ? (
        <TokenForm refusal={hasToken ? status.error : undefined} onToken={useToken} />
      ) : (
        <main class="send-page" tabIndex={-1}>
          <div class="send-intro">
            <h1>Send a file</h1>
            <p>
              From this tab to another one, through the broker. Cut the connection while it moves: it goes on where it
              was, and both ends compare the SHA-256 of what they have.
            </p>
          </div>
          <section class="card identity" aria-label="This tab">
            <div>
              <span class="dim">This tab is</span>
              <output class="tab-id" data-testid="tab-id">
                {bus.id === "" ? "…" : bus.id}
              </output>
            </div>
            <ConnectionBadge word={word} />
            <div class="identity-actions">
              <a class="button" href="./send.html" target="_blank" rel="noreferrer">
                <Icon name="viewer" /> Open another tab
              </a>
              <button type="button" class="button" disabled={status.state !== "connected"} onClick={() => link.cut()}>
                <Icon name="cut" /> Cut connection
              </button>
            </div>
          </section>
          <SendForm directory={directory} onSend={(file, peer) => transfers.send(file, peer)} />
          <section aria-label="Transfers">
            <ul class="transfers">
              {transfers.all.map((transfer, index) => (
                <TransferCard key={transfers.all.length - index} transfer={transfer} />
              ))}
            </ul>
            {transfers.all.length === 0 && <p class="dim">What this tab sends and receives appears here.</p>}
          </section>
          <Announcer text={word} />
        </main>
      )}
    </div>
  )
}
