import { useEffect, useMemo, useRef } from "preact/hooks"
import { Announcer } from "../shared/announcer.tsx"
import type { BrokerLink } from "../shared/broker-link.ts"
import { ConnectionBadge, connectionWord } from "../shared/connection-badge.tsx"
import { formatCount } from "../shared/format-count.ts"
import { Icon } from "../shared/icon.tsx"
import { useObservable } from "../shared/use-observable.ts"
import { useJustResumed, useStatus } from "../shared/use-status.ts"
import { People } from "./people.ts"
import { peopleText, typingText } from "./people-text.ts"
import { newAuthor } from "./random-names.ts"
import { Room } from "./room.ts"
import { useDraft } from "./use-draft.ts"
import { useTick } from "./use-tick.ts"
import { WireFacts } from "./wire-facts.tsx"

const REDRAW_MS = 500

interface WriterProps {
  readonly link: BrokerLink
  readonly room: string
  readonly title: string
  readonly firstName: string
  readonly onName?: (name: string) => void
  /** The person has said goodbye: from here on nobody needs the link. */
  readonly onLeft?: () => void
}

/** One person who types in a room, on a connection of its own. */
export function Writer({ link, room: roomName, title, firstName, onName, onLeft }: WriterProps) {
  const { bus } = link
  const area = useRef<HTMLTextAreaElement>(null)
  const room = useMemo(() => new Room({ bus, now: () => performance.now(), newAuthor }, roomName), [bus, roomName])
  const people = useMemo(() => new People(bus, roomName, firstName, () => room.text.author), [bus, room])
  useEffect(() => {
    const leave = () => people.close()
    addEventListener("pagehide", leave)
    return () => {
      removeEventListener("pagehide", leave)
      leave()
      room.close()
      onLeft?.()
    }
  }, [room, people])
  useDraft(area, room)
  useObservable(room, people)
  useTick(REDRAW_MS)
  const { state } = useStatus(bus)
  const word = connectionWord(link.status, useJustResumed(bus))
  const typing = typingText(people.others, (author) => room.pace.isTyping(author))
  return (
    <section class="card writer" aria-label={title} data-testid="writer">
      <div class="writer-head">
        <label class="writer-name">
          <span>Name</span>
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            maxLength={24}
            value={people.name}
            onInput={(event) => {
              people.name = event.currentTarget.value
              onName?.(people.name)
            }}
          />
        </label>
        <ConnectionBadge word={word} />
        <button
          type="button"
          class="button"
          disabled={state !== "connected"}
          onClick={() => link.cut()}
          title="Break this person's connection for a moment"
        >
          <Icon name="cut" /> Cut connection
        </button>
      </div>
      <textarea
        ref={area}
        class="writer-text"
        aria-label="The text"
        placeholder="Type: everybody in the room sees it as you do."
        spellcheck={false}
        autocomplete="off"
      />
      <p class="writer-people">
        <span data-testid="people">{peopleText(people.name, people.others)}</span>
        <span class="writer-typing" data-testid="typing">
          {typing}
        </span>
      </p>
      <WireFacts room={room} />
      {!room.text.isWhole && <p class="dim">Waiting for the whole text from somebody who has it.</p>}
      {room.problem !== "" && (
        <p class="problem" role="alert">
          {room.problem}
        </p>
      )}
      <Announcer text={`${title}: ${word}, ${formatCount(people.others.length + 1)} here`} />
    </section>
  )
}
