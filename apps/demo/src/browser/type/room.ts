import type { Bus, BusEvent, NoticeListener } from "@luxbus/client"
import { Listeners, type Observable } from "../shared/observable.ts"
import { type EditMessage, parseMessage, type TypeMessage } from "./messages.ts"
import { type Change, SharedText } from "./shared-text.ts"
import { TypingPace } from "./typing-pace.ts"

/** Edits, and bytes of them, after which whoever typed last tells the whole text. */
const SNAPSHOT_EDITS = 500
const SNAPSHOT_BYTES = 262_144
/** The same for deleted characters that the text holds: it lets go of them at the second snapshot. */
const SNAPSHOT_GONE = 10_000
/** What is told whole is on its way for about so long: until then it is not told again, nor is what may be lost. */
const ON_ITS_WAY_MS = 250
/** How long whoever else has the whole text waits for the last author to answer an ask. */
const ANSWER_AFTER_MS = 400
/** How long to wait for an answer before asking again. */
const ASK_AGAIN_MS = 3_000

/** What a room runs on. */
export interface RoomComponents {
  readonly bus: Bus
  /** Milliseconds, from anywhere. */
  readonly now: () => number
  /** Makes up an author's name that nobody else has: small letters and digits. */
  readonly newAuthor: () => string
}

/** One person's place in a room: the text on the bus, one message for each keystroke. */
export class Room implements Observable {
  readonly text: SharedText
  readonly pace: TypingPace
  readonly #bus: Bus
  readonly #subject: string
  readonly #listeners = new Listeners()
  readonly #stop = new AbortController()
  readonly #release: () => void
  readonly #now: () => number
  #toldAtMs = Number.NEGATIVE_INFINITY
  #repeatedAtMs = Number.NEGATIVE_INFINITY
  #problem = ""
  #lastAuthor = ""
  #editsSince = 0
  #bytesSince = 0
  #answerTimer: ReturnType<typeof setTimeout> | undefined
  #askTimer: ReturnType<typeof setTimeout> | undefined

  constructor({ bus, now, newAuthor }: RoomComponents, room: string) {
    this.text = new SharedText(newAuthor)
    this.#now = now
    this.pace = new TypingPace(now)
    this.#bus = bus
    this.#subject = `typing.${room}`
    this.#release = bus.onStatus(({ state }) => {
      if (state === "connected") this.#repeat()
      this.#listeners.tell()
    })
    void this.#read()
  }

  /** What went wrong, for the person to read; empty if nothing did. */
  get problem(): string {
    return this.#problem
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** Does to the text what this person does. @returns how it is said; empty where there was no room */
  edit(change: Change): readonly EditMessage[] {
    const messages = this.text.edit(change)
    for (const message of messages) {
      this.pace.typed(message.seq)
      if (this.#bus.status.state === "connected") this.#publish(message)
    }
    this.#problem = messages.length === 0 ? "There is no room for that: a text has 25,000 characters at most." : ""
    this.#listeners.tell()
    return messages
  }

  close(): void {
    this.#release()
    this.#stop.abort()
    clearTimeout(this.#answerTimer)
    clearTimeout(this.#askTimer)
  }

  async #read(): Promise<void> {
    try {
      const onNotice: NoticeListener = (notice) => {
        if (notice.type === "gap") this.#missed(notice.reason === "epoch", notice.first)
      }
      const events = this.#bus.subscribe(this.#subject, { from: "start", signal: this.#stop.signal, onNotice })
      for await (const event of events) this.#heard(event)
    } catch (error) {
      if (this.#bus.status.state === "closed") return
      this.#fail(error)
    }
  }

  #missed(isNewTopic: boolean, first: number): void {
    if (isNewTopic) this.text.began()
    // What a new topic began with may be gone already.
    if (!isNewTopic || first > 0) this.text.lost()
    this.#repeat()
  }

  #heard({ data, cursor }: BusEvent): void {
    const message = parseMessage(data)
    if (message === undefined) return
    const wasWhole = this.text.isWhole
    const verdict = this.text.receive(message, cursor)
    switch (message.type) {
      case "ask":
        this.#asked()
        break
      case "snapshot":
        clearTimeout(this.#answerTimer)
        this.#editsSince = 0
        this.#bytesSince = 0
        this.#toldAtMs = Number.NEGATIVE_INFINITY
        if (verdict === "accepted" && (!wasWhole || message.at === null)) this.#repeat()
        // The second one, behind which there is room again.
        if (this.#lastAuthor === this.text.author && this.#isSnapshotDue()) this.#tellWhole()
        break
      case "edit":
        if (verdict === "accepted") this.#accepted(message)
        else if (verdict === "early" && message.by === this.text.author) this.#repeatOnce()
        break
    }
    this.#listeners.tell()
  }

  #accepted(message: EditMessage): void {
    const isOwn = message.by === this.text.author
    this.#lastAuthor = message.by
    this.pace.cameBack(message, isOwn)
    this.#editsSince++
    this.#bytesSince += costOf(message)
    // Of several authors, who each may have gone since, the one that types now.
    if (isOwn && this.#isSnapshotDue()) this.#tellWhole()
  }

  #isSnapshotDue(): boolean {
    if (this.#editsSince >= SNAPSHOT_EDITS || this.#bytesSince >= SNAPSHOT_BYTES) return true
    return this.text.goneCount >= SNAPSHOT_GONE
  }

  /** Somebody has not got the whole text: whoever typed last tells it, or else whoever is first to. */
  #asked(): void {
    if (!this.text.isWhole) return
    clearTimeout(this.#answerTimer)
    if (this.#lastAuthor === this.text.author) this.#tellWhole()
    else this.#answerTimer = setTimeout(() => this.#tellWhole(), ANSWER_AFTER_MS * (1 + Math.random()))
  }

  #tellWhole(): void {
    if (this.#now() - this.#toldAtMs < ON_ITS_WAY_MS) return
    const snapshot = this.text.snapshot()
    if (snapshot === undefined) return
    this.#toldAtMs = this.#now()
    this.#publish(snapshot)
  }

  /** An edit before one that came is missing: all that came behind it say so. */
  #repeatOnce(): void {
    if (this.#now() - this.#repeatedAtMs < ON_ITS_WAY_MS) return
    this.#repeatedAtMs = this.#now()
    this.#repeat()
  }

  /** Says again whatever may be lost. */
  #repeat(): void {
    clearTimeout(this.#askTimer)
    const { rescued, isWhole, pending } = this.text
    if (rescued !== undefined) this.#publish(rescued)
    else if (!isWhole) {
      this.#publish({ type: "ask" })
      this.#askTimer = setTimeout(() => this.#repeat(), ASK_AGAIN_MS)
    }
    for (const message of pending) this.#publish(message)
  }

  #publish(message: TypeMessage): void {
    // All of a message's parts are what JSON can say, in the words of its own types.
    const payload = message as unknown as Parameters<Bus["publish"]>[1]
    this.#bus.publish(this.#subject, payload).catch((error: unknown) => this.#fail(error))
  }

  #fail(error: unknown): void {
    if (this.#bus.status.state === "closed") return
    this.#problem = error instanceof Error ? error.message : String(error)
    this.#listeners.tell()
  }
}

/** About what an edit costs the topic's ring. */
function costOf({ insert, delete: spans = [] }: EditMessage): number {
  return 150 + 3 * (insert?.text.length ?? 0) + 32 * spans.length
}
