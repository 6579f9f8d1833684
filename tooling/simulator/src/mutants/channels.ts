import type { Mutant } from "./mutant.ts"

const CHANNEL = "packages/dispatcher/src/channels/channel.ts"
const EXCHANGES = "packages/dispatcher/src/channels/exchanges.ts"
const NEWS = "packages/dispatcher/src/channels/member-news.ts"
const RELAY = "packages/dispatcher/src/relay.ts"
const REGISTRATION = "packages/dispatcher/src/channels/registration.ts"
const VIEW = "packages/session/src/member-view.ts"

/** Defects of channels and of requests. */
export const CHANNEL_MUTANTS: readonly Mutant[] = [
  {
    name: "leave-forgotten",
    file: CHANNEL,
    search: "      other.news.left(this.#version, id)\n",
    replacement: "      void other\n",
    breaks: "Nobody is told that a member has left.",
    needs: "channels",
  },
  {
    name: "member-lasts-beyond-its-session",
    file: REGISTRATION,
    search: "this.#windowTimer ??= this.#clock.setTimer(this.#windowMs, () => this.#leave())",
    replacement: "this.#windowTimer ??= this.#clock.setTimer(this.#windowMs, () => {})",
    breaks: "A member whose process is gone stays in its channel.",
    needs: "channels",
  },
  {
    name: "snapshot-overtakes-join",
    file: NEWS,
    search: "    this.#snapshot = { version, members: [...members], next: 0 }\n",
    replacement: "    this.#snapshot = { version: version + 1, members: [...members], next: 0 }\n",
    breaks: "A snapshot claims to be newer than the join behind it, which is then not believed.",
    needs: "channels",
  },
  {
    name: "member-version-not-compared",
    file: VIEW,
    search:
      "    return version > Math.max(this.#snapshotVersion, this.#there.get(id)?.version ?? -1, this.#left.get(id) ?? -1)\n",
    replacement: '    return version >= 0 && id !== ""\n',
    breaks: "An old word of a member's coming is believed behind a newer one of its leaving.",
    needs: "channels",
  },
  {
    name: "view-keeps-versions",
    file: VIEW,
    search: "    for (const [id, { member }] of this.#there) this.#there.set(id, { member, version: -1 })\n",
    replacement: "",
    breaks: "What another broker counted is held against the next one's versions.",
    needs: "channels",
  },
  {
    name: "own-role-introduced",
    file: CHANNEL,
    search: "for (const other of this.#byRole[INTRODUCED_TO[registration.role]].values()) {\n",
    replacement: "for (const other of this.#byRole[registration.role].values()) {\n",
    breaks: "A member is told of its own role.",
    needs: "channels",
  },
  {
    name: "request-to-two-providers",
    file: EXCHANGES,
    search: "const exchange = this.#pinnedTo(from, name, seq) ?? this.#choose(",
    replacement: "const exchange = this.#choose(",
    breaks: "A request that is repeated is given to a provider that is chosen anew.",
    needs: "channels",
  },
  {
    name: "consumer-asks-itself",
    file: CHANNEL,
    search: "const own = this.#byRole[ChannelRole.provider].get(from)?.choiceIndex ?? -1",
    replacement: 'const own = from === "" ? 0 : -1',
    breaks: "A consumer that provides, too, is given its own request.",
    needs: "channels",
  },
  {
    name: "absent-provider-waited-for",
    file: RELAY,
    search: "      if (this.#isRequest) this.#startWindow()\n",
    replacement: "",
    breaks: "A request to a provider that was away, and does not come back, waits for ever.",
    needs: "channels",
  },
  {
    name: "left-channel-waits",
    file: "packages/client/src/streams.ts",
    search: "if (start.channel !== undefined && takers.length === 0) {",
    replacement: "if (takers === undefined) {",
    breaks: "A request that meets its provider as that leaves is told to wait, for ever.",
    needs: "channels",
  },
  {
    name: "lost-request-said-unbegun",
    file: RELAY,
    search: "      details: { delivered, maybeExecuted: delivered },\n",
    replacement: "      details: { delivered, maybeExecuted: false },\n",
    breaks: "A consumer is told that a lost provider has done nothing, though it may have.",
    needs: "channels",
  },
  {
    name: "providers-never-chosen-again",
    file: REGISTRATION,
    search: "    this.news.restart()\n    this.#events.changed()\n",
    replacement: "    this.news.restart()\n    if (before !== undefined) this.#events.changed()\n",
    breaks: "A provider that registers may not be chosen.",
    needs: "channels",
  },
  {
    name: "requests-beyond-concurrency",
    file: "packages/client/src/channels/service.ts",
    search: "Array.from({ length: concurrency }, () => this.#work())",
    replacement: "Array.from({ length: concurrency + 1 }, () => this.#work())",
    breaks: "A handler works on one request more than it said.",
    needs: "channels",
  },
  {
    name: "reply-sent-twice",
    file: "packages/client/src/channels/request.ts",
    search: "    await this.stream.main.write(value)\n    await this.end()\n",
    replacement:
      "    await this.stream.main.write(value)\n    if (this.stream.repeatedBytes > 0 || this.stream.state.suspended) await this.stream.main.write(value)\n    await this.end()\n",
    breaks: "A reply is written twice where a connection was lost before it.",
    needs: "channels",
  },
]
