import type { Mutant } from "./mutant.ts"

const GROUP = "packages/dispatcher/src/groups/group.ts"
const MEMBER = "packages/dispatcher/src/groups/group-member.ts"

/** Defects of groups. */
export const GROUP_MUTANTS: readonly Mutant[] = [
  {
    name: "member-acknowledges-one-too-many",
    file: MEMBER,
    search: "if (oldest.first + chunkCount(oldest.item) > taken) break",
    replacement: "if (oldest.first > taken) break",
    breaks: "A message counts as acknowledged while its member is at work on it.",
  },
  {
    name: "member-leaves-with-its-messages",
    file: GROUP,
    search: "    this.#source.giveBack(items)\n",
    replacement: "    void items\n",
    breaks: "What a member had not acknowledged as it left goes to nobody.",
  },
  {
    name: "member-away-counts-as-gone",
    file: MEMBER,
    search: "if (attachment !== undefined) this.#events.away()",
    replacement: "if (attachment !== undefined) this.leave()",
    breaks: "A lost connection gives a member's messages to others, while it is at work on them.",
  },
  {
    name: "redelivery-unmarked",
    file: MEMBER,
    search: "{ ...item, earlierAttempts: item.earlierAttempts + 1 }",
    replacement: "{ ...item, earlierAttempts: 0 }",
    breaks: "A message that another member may have worked on does not say so.",
  },
  {
    name: "member-resumes-one-too-late",
    file: MEMBER,
    search: "this.#sendNext = Math.min(Math.max(next, ",
    replacement: "this.#sendNext = Math.min(Math.max(next + 1, ",
    breaks: "What was lost on the way to a member is not sent again.",
  },
  {
    name: "message-to-two-members",
    file: GROUP,
    search: "      member.give(item)\n",
    replacement: "      member.give(item)\n      for (const next of this.#roomy) if (next.hasRoom) next.give(item)\n",
    breaks: "A message goes to every member that has room.",
  },
]
