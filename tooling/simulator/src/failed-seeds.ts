/** A seed that failed once, and why. */
export interface FailedSeed {
  readonly seed: number
  /** What rolled it: `rollBasePlan`, with the first faults alone; `rollMorePlan`, at one broker; `rollClusterPlan`, without groups; `rollGroupPlan`, without channels and histories; `rollPlan`. */
  readonly rolledBy: "base" | "more" | "cluster" | "groups" | "all"
  readonly reason: string
}

/** Every seed that found a defect, by the words of that defect. A change of the plans' dice gives seeds other meanings. */
export const FAILED_SEEDS: readonly FailedSeed[] = [
  { seed: 10, rolledBy: "base", reason: "a topic began anew at a restarted broker, and its subscribers were not told" },
  {
    seed: 19,
    rolledBy: "base",
    reason: "a viewer of a stream that a restarted broker had lost waited for ever, unheard when refused",
  },
  { seed: 20, rolledBy: "base", reason: "a START repeated after its reader was closed was accepted as a new stream" },
  {
    seed: 48,
    rolledBy: "base",
    reason: "a lane was drained, and complete stated, though the application began to read both in one turn",
  },
  {
    seed: 117,
    rolledBy: "base",
    reason: "a new process under a killed one's id was given the rest of a stream that it never accepted",
  },
  {
    seed: 156,
    rolledBy: "base",
    reason: "a resumption answered twice as unknown ended a hosted stream that had begun anew already",
  },
  {
    seed: 543,
    rolledBy: "base",
    reason: "the answering half of a stream whose opener died before taking it waited for ever",
  },
  {
    seed: 687,
    rolledBy: "base",
    reason: "the rest of a text whose beginning went into a gap was handed over as a whole text",
  },
  {
    seed: 6139,
    rolledBy: "base",
    reason: "a writer that came back inside of a message, and a viewer ahead of it, met a restarted broker",
  },
  {
    seed: 8587,
    rolledBy: "base",
    reason: "the answering half of a stream was accepted as a new one by its opener's next process",
  },
  { seed: 28383, rolledBy: "base", reason: "as 8587, met from the other side" },
  { seed: 45936, rolledBy: "base", reason: "a relayed stream gave up on a hole that a slow link was still filling" },
  {
    seed: 41842,
    rolledBy: "base",
    reason: "chunks that were still coming over a slow link were asked for until their stream was given up",
  },
  { seed: 202, rolledBy: "more", reason: "a broker without room said nothing, and its reader gave up what it dropped" },
  {
    seed: 744,
    rolledBy: "more",
    reason: "a reader asked for holes while their writer was away, and gave the stream up",
  },
  {
    seed: 797,
    rolledBy: "more",
    reason: "a viewer refused a broker whose clock had been set back before it restarted",
  },
  {
    seed: 16,
    rolledBy: "more",
    reason: "a cursor before a gap named what comes behind it, so that two offsets were one",
  },
  {
    seed: 14628,
    rolledBy: "more",
    reason: "a claim repeated while its refusal was on the way took the name of a stream that had ended meanwhile",
  },
  {
    seed: 1528,
    rolledBy: "cluster",
    reason: "who looked for a stream that its own broker began to host was not answered",
  },
  {
    seed: 2290,
    rolledBy: "cluster",
    reason: "a reader did not hear of a stream that was answered and given up in one turn",
  },
  {
    seed: 7548,
    rolledBy: "cluster",
    reason: "a broker whose clock was ahead took a writer's place by a late START, and the writer did not hear of it",
  },
  {
    seed: 9350,
    rolledBy: "cluster",
    reason:
      "a stream that its writer had ended was let go of for what an earlier broker had of it, and its readers waited",
  },
  {
    seed: 111826,
    rolledBy: "cluster",
    reason: "a peer that took what was written to it and died before its answer came was waited for without end",
  },
  {
    seed: 116416,
    rolledBy: "cluster",
    reason: "two brokers that had hosted one name let go of it each for the other's sake, one of them on stale news",
  },
  {
    seed: 202270,
    rolledBy: "cluster",
    reason: "a START that was repeated before its writer had heard was accepted by the next process of its reader, too",
  },
  {
    seed: 202679,
    rolledBy: "cluster",
    reason: "a reader told anew of a stream did not hear that the broker still had no room, and gave up what it missed",
  },
  {
    seed: 203456,
    rolledBy: "cluster",
    reason:
      "a writer was told to begin anew as others had looked for its host in vain, and was then answered by that host",
  },
  {
    seed: 207597,
    rolledBy: "cluster",
    reason:
      "a hole was given up while what was asked could not reach the writer, and before the connection was found out",
  },
  {
    seed: 213749,
    rolledBy: "cluster",
    reason: "a mirror was let go of as idle while readers who were ahead of it waited, and they waited for ever",
  },
  {
    seed: 2002269,
    rolledBy: "cluster",
    reason:
      "a reader that was told of no room, and then anew of its stream, never heard of room, and asked for nothing",
  },
  {
    seed: 3007398,
    rolledBy: "cluster",
    reason:
      "a broker stated a gap before it sent the chunk that it was about to hand on, which its reader then left out",
  },
  {
    seed: 3022203,
    rolledBy: "cluster",
    reason: "the next process of a reader was told of a stream that was given up meanwhile as of a new one",
  },
  {
    seed: 3029045,
    rolledBy: "cluster",
    reason: "a START from where its writer had been before came late, and began what had ended meanwhile",
  },
  {
    seed: 4047929,
    rolledBy: "cluster",
    reason: "a START that was late on the way between brokers was accepted by the next process of its reader, too",
  },
  {
    seed: 4063010,
    rolledBy: "cluster",
    reason: "a broker that was closed reported what its journals had not answered for as lost",
  },
  {
    seed: 4087696,
    rolledBy: "cluster",
    reason: "a copy that expired before what its reader had of another broker was a protocol error",
  },
  {
    seed: 4097451,
    rolledBy: "cluster",
    reason: "a writer that had let go of what another broker had took up the stream at a host that lacked it",
  },
  {
    seed: 6044310,
    rolledBy: "cluster",
    reason: "a broker yielded its stream to one that had ended, by a word from before that came late",
  },
  {
    seed: 6055157,
    rolledBy: "cluster",
    reason: "the simulator took streams that a new process was first to accept for its killed one's",
  },
  {
    seed: 6085323,
    rolledBy: "cluster",
    reason: "the rest of a message was given for the whole at a broker that copies a stream which begins inside of one",
  },
  {
    seed: 7045422,
    rolledBy: "cluster",
    reason: "a claim that another broker had refused took the name once the stream there had ended",
  },
  {
    seed: 7073312,
    rolledBy: "cluster",
    reason: "who waited for a copy whose host never came back was refused for a place beyond it",
  },
  {
    seed: 8143857,
    rolledBy: "cluster",
    reason: "the simulator let a killed broker's journals answer it",
  },
  {
    seed: 9190521,
    rolledBy: "cluster",
    reason: "what had arrived of a stream was dropped when its peer closed it",
  },
  {
    seed: 9207039,
    rolledBy: "cluster",
    reason: "a reader of what its writer had left behind at another broker was not led to where it went on",
  },
  {
    seed: 10017166,
    rolledBy: "cluster",
    reason: "a writer that was back at a host which its stream had left was not told to announce itself anew",
  },
  {
    seed: 11024437,
    rolledBy: "cluster",
    reason: "readers that were led to where a stream went on were lost where that could not be read",
  },
  {
    seed: 13097208,
    rolledBy: "cluster",
    reason: "a copy that its host never served was kept for ever where another broker had the stream meanwhile",
  },
  {
    seed: 13237288,
    rolledBy: "cluster",
    reason: "the simulator expected a stopped broker's finished stream of who had heard its outcome and not its chunks",
  },
  {
    seed: 14286638,
    rolledBy: "cluster",
    reason: "the simulator let a killed broker hear and answer what was on its way to it",
  },
  {
    seed: 15002022,
    rolledBy: "groups",
    reason: "a group stood still behind a message that came in two batches",
  },
  {
    seed: 15024637,
    rolledBy: "groups",
    reason: "a member was not told that its topic had begun anew, and took the rest of a message for that of another",
  },
  {
    seed: 17003341,
    rolledBy: "groups",
    reason: "that a member of a group had left was lost with its connection: nobody got what it had",
  },
  {
    seed: 18149859,
    rolledBy: "groups",
    reason: "a START that was long on its way between brokers was offered to the next process of its reader",
  },
  {
    seed: 18164840,
    rolledBy: "groups",
    reason: "the simulator took for sent what a killed broker said as its code ran on",
  },
  {
    seed: 18327536,
    rolledBy: "groups",
    reason: "a writer that had begun anew did not believe its first host that everything had come",
  },
  {
    seed: 18,
    rolledBy: "all",
    reason: "a client that provides what it asks for was given its own request",
  },
  {
    seed: 1530,
    rolledBy: "all",
    reason: "a request that met its provider as it left was told to wait, for ever",
  },
  {
    seed: 585,
    rolledBy: "all",
    reason: "a request to a provider that was killed before waited for ever",
  },
  {
    seed: 1523,
    rolledBy: "all",
    reason: "the simulator took a provider for one that had been there, which came at the very moment",
  },
  {
    seed: 21216063,
    rolledBy: "all",
    reason: "the simulator expected the whole answer of who had given up as it came",
  },
  {
    seed: 23002250,
    rolledBy: "all",
    reason: "a request that was refused for want of a provider was given to one by a START that came late",
  },
  {
    seed: 24008972,
    rolledBy: "all",
    reason: "an answer that did not come counted twice against its provider, once for each of its streams",
  },
  {
    seed: 24006743,
    rolledBy: "all",
    reason: "the simulator took a place in a topic that had begun anew for the same place as before",
  },
  {
    seed: 24021481,
    rolledBy: "all",
    reason: "the simulator did not excuse a provider that began with what a broker had given it that had died since",
  },
]
