import { useEffect, useMemo, useState } from "preact/hooks"
import type { BrokerLink } from "../shared/broker-link.ts"
import { Icon } from "../shared/icon.tsx"
import { TokenForm } from "../shared/token-form.tsx"
import { TopBar } from "../shared/top-bar.tsx"
import { useLink } from "../shared/use-link.ts"
import { useStatus } from "../shared/use-status.ts"
import { useTitle } from "../shared/use-title.ts"
import { keepName, keptName, otherName } from "./random-names.ts"
import { formatRoom, parseRoom } from "./room-name.ts"
import { Writer } from "./writer.tsx"

/** The page on which people type together. */
export function TypeApp() {
  const { link, openAnother, hasToken, useToken } = useLink()
  const status = useStatus(link.bus)
  const room = useRoomName()
  const [hasSecond, setHasSecond] = useState(false)
  useTitle(`Type together: ${room}`)
  const needsToken = status.state === "closed" && status.error?.code === "unauthenticated"
  return (
    <div class="app type-app">
      <TopBar page="type" />
      {needsToken && status.error !== undefined ? (
        <TokenForm refusal={hasToken ? status.error : undefined} onToken={useToken} />
      ) : (
        <main class="type-page" tabIndex={-1} data-writers={hasSecond ? 2 : 1}>
          <div class="type-head">
            <h1>Type together</h1>
            <p>
              Each keystroke is one message on a topic, which gives all of them one order. Cut the connection and go on
              typing: nothing is lost. Who comes late has the whole text.
            </p>
            <div class="type-actions">
              <span class="type-room">
                <span class="dim">Room</span> <strong data-testid="room">{room}</strong>
              </span>
              <a class="button" href={`./type.html${formatRoom(room)}`} target="_blank" rel="noreferrer">
                <Icon name="copy" /> Open another tab
              </a>
              <button
                type="button"
                class="button"
                aria-pressed={hasSecond}
                onClick={() => setHasSecond(!hasSecond)}
                title="Another connection, beside this one"
              >
                <Icon name="viewer" /> Second person
              </button>
            </div>
          </div>
          <div class="writers">
            <Writer
              key={`first ${room}`}
              link={link}
              room={room}
              title={hasSecond ? "First person" : "You"}
              firstName={keptName()}
              onName={keepName}
            />
            {hasSecond && <SecondWriter key={`second ${room}`} room={room} openAnother={openAnother} />}
          </div>
        </main>
      )}
    </div>
  )
}

interface SecondWriterProps {
  readonly room: string
  readonly openAnother: () => BrokerLink
}

function SecondWriter({ room, openAnother }: SecondWriterProps) {
  const link = useMemo(openAnother, [])
  const name = useMemo(() => otherName(keptName()), [])
  return <Writer link={link} room={room} title="Second person" firstName={name} onLeft={() => void link.close()} />
}

/** The room that the page's address names. */
function useRoomName(): string {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const onChange = () => setHash(location.hash)
    addEventListener("hashchange", onChange)
    return () => removeEventListener("hashchange", onChange)
  }, [])
  return parseRoom(hash)
}
