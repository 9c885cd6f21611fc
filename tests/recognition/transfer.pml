/* How units go from one city to another: a model for spin, small enough to be searched whole.
 *
 * Two sovereign cities, A and B, each with a ledger of its own. They share nothing and send each
 * other nothing: whoever likes (a relay) shows a city what stands in the other's ledger, by proof.
 *
 *   A                                          B
 *   Export: units bound by a lock   [leaf] ->
 *                                              AcceptCheckpoint: a longer prefix of A's log is known
 *                                           <- [leaf] exactly one answer, by proof of the lock:
 *                                                Import, RefuseImport, or VoidImport once the
 *                                                deadline has passed by B's clock
 *   AcceptCheckpoint: of B's log
 *   ConcludeTransfer: by proof of the answer the lock ends; never by A's own clock
 *
 * What no answer ends, both authorities settle: B, while it lives, records that it never will take
 * it, and that is an answer like the others. Only where B's ledger is gone for good does A's record
 * what became of the units, and only when A has left the agreement.
 *
 * What the model has of it:
 *   a ledger     all that a city knows; an event changes it at once, or is refused and changes
 *                nothing. A crash between events loses nothing, so there is none to be seen here.
 *   a log        of a ledger's leaves only those that the other city must see.
 *   a relay      has no state. A leaf below the size that a city has accepted can be shown to it at
 *                any time: never (lost), again (duplicated; refused, so no step here), in any order.
 *   a restore    brings back a ledger as it once was. Leaves written since are gone from it, but
 *                their proofs are still about, and what the other city did upon them stays done.
 *
 * Units: two kilograms, both issued by A. Transfers, each of one id for ever:
 *   0  A to B   both kilograms, the agreement recognises the first one and cancels the second
 *   1  B to A   the first one comes home again
 *   2  A to B   the first one, whether or not it was away before; all of it is recognised
 *
 * Steps are of two kinds. Some happen only if someone wants them: MAY. Others anybody can bring
 * about who has the proof: they do happen, sooner or later. After `quiet` nothing is wanted any
 * more. Every run ends then, and what is in flight at its end would be so for ever.
 *
 * Each macro that this file asks for and does not define is a mistake that spin must find;
 * transfer_test.py says which property each of them breaks.
 */

#define A 0
#define B 1
#define TRANSFERS 3
#define SENDER(t) ((t) % 2)
#define TAKER(t) (1 - (t) % 2)
#define IS_RETURN(t) ((t) % 2)

/* v1::TransferState of the same name and number: what a city's ledger records of a transfer. The
 * sender knows LOCKED, CONCLUDED and FREED; the taker IMPORTED, REFUSED and VOID, which are also
 * its answers. No state leads to another but LOCKED to one of the next two. */
#define TRANSFER_STATE_UNSPECIFIED 0 /* not known to this ledger */
#define TRANSFER_LOCKED 1
#define TRANSFER_CONCLUDED 2
#define TRANSFER_FREED 3
#define TRANSFER_IMPORTED 4
#define TRANSFER_REFUSED 5
#define TRANSFER_VOID 6

/* Leaves of a log: a transfer and what became of it in this ledger; or a list (see `restore`). */
#define LEAF(t, state) ((t) * 8 + (state))
#define LIST LEAF(7, 7)
#define LEAVES 5

/* A piece is a kilogram under a serial of one city. A: pieces 0 and 1 are what it issued. B: piece
 * 0 is the mirror that transfer 0 brings, piece 1 that of transfer 2. */
#define NOWHERE 0
#define FREE 1
#define BOUND 2   /* v1::HELD, bound by the lock of a transfer */
#define AWAY 3    /* v1::EXPORTED */
#define RETIRED 4
#define CANCELLED 5
#define SENT(t) 0
#define TAKEN(t) ((t) / 2)

/* The agreement's standing, as each city has it. */
#define IN_FORCE 0
#define SUSPENDED 1
#define ENDED 2 /* closed for ever */

typedef Log {
  byte size;
  byte leaf[LEAVES];
}
typedef Ledger {
  byte record[TRANSFERS]; /* v1::TransferRecord.state */
  byte piece[2];
  byte heard;             /* size of the partner's log as last accepted: v1::PartnerLog.size */
  Log log;
}

Ledger city[2];
byte standing[2];
bit late[TRANSFERS];    /* the deadline has passed by the taker's clock */
bit unfiled[TRANSFERS]; /* the export names a version of the agreement not filed by the taker */
#ifdef LATEST_VERSION
bit unknown[TRANSFERS]; /* the import names one not filed by the sender */
#endif
bit quiet;              /* from here on only what anybody can bring about */

bit was_gone, gone[2]; /* a city whose ledger stands still for ever */
bit parted[2];         /* ended without the partner's ledger what lay between the two */

bit was_saved, saved_of, was_restored;
Ledger saved;            /* a backup of the ledger of city `saved_of` */
Ledger nothing;
Log old;                 /* what its log was when it was restored from that */
byte fork;               /* how much of it the restored ledger still has */
bit hears_old;           /* the partner still follows the old log */
bit waits[2];            /* restored, and the partner's list is not recorded yet */
byte list[TRANSFERS];    /* what the partner had recorded when it wrote the list */
byte noted;              /* so many of these are recorded here */
bit forsaken;            /* the list is waited for no more */

#define IS_AT(written, n, i, x) (written.size > i && n > i && written.leaf[i] == x)
#define IS_IN(written, n, x)                                                        \
  (IS_AT(written, n, 0, x) || IS_AT(written, n, 1, x) || IS_AT(written, n, 2, x) || \
   IS_AT(written, n, 3, x) || IS_AT(written, n, 4, x))
#define FOLLOWS_OLD(c) (hears_old && (c) != saved_of)
#define PARTNER_SIZE(c) (FOLLOWS_OLD(c) -> old.size : city[1 - (c)].log.size)

/* Leaf x of the partner's log is proved to city c by inclusion in a checkpoint accepted there. */
#ifdef OLD_LEAVES_AFTER_LIST
#define OLD_TOO(c, x) || (was_restored && (c) != saved_of && IS_IN(old, old.size, x))
#else
#define OLD_TOO(c, x)
#endif
#define PROVEN(c, x)                                           \
  ((FOLLOWS_OLD(c) && IS_IN(old, city[c].heard, x)) ||         \
   (!FOLLOWS_OLD(c) && IS_IN(city[1 - (c)].log, city[c].heard, x)) OLD_TOO(c, x))

#define IS_RECORDED(c, t, state) (city[c].record[t] == state)
#define ACTS(c) (!gone[c] && !waits[c])
#define MAY(c) (!quiet && ACTS(c))

inline write(c, x) {
  city[c].log.leaf[city[c].log.size] = x;
  city[c].log.size++;
}

/* ---- At the sender ---- */

#define CAN_EXPORT(s, t)                                                  \
  (MAY(s) && standing[s] == IN_FORCE && city[s].piece[SENT(t)] == FREE && \
   IS_RECORDED(s, t, TRANSFER_STATE_UNSPECIFIED) && (t != 0 || city[s].piece[1] == FREE))

inline export(s, t) {
  city[s].record[t] = TRANSFER_LOCKED;
  city[s].piece[SENT(t)] = BOUND;
  if
  :: t == 0 -> city[s].piece[1] = BOUND
  :: else
  fi;
  if
  :: unfiled[t] = 1
  :: unfiled[t] = 0
  fi;
  write(s, LEAF(t, TRANSFER_LOCKED))
}

/* What the lock still binds: a list may have told that some of it went away since. */
inline end_lock(s, t, state, first, second) {
  city[s].record[t] = state;
  if
  :: city[s].piece[SENT(t)] == BOUND -> city[s].piece[SENT(t)] = first
  :: else
  fi;
  if
  :: t == 0 && city[s].piece[1] == BOUND -> city[s].piece[1] = second
  :: else
  fi
}

/* The second one is cancelled by name, as the answer says. */
inline conclude(s, t) {
  end_lock(s, t, TRANSFER_CONCLUDED, AWAY, CANCELLED)
}

inline free(s, t) {
  end_lock(s, t, TRANSFER_FREED, FREE, FREE)
}

inline settle_at_home(s, t) {
  parted[s] = 1;
  if
  :: IS_RECORDED(1 - s, t, TRANSFER_IMPORTED) -> conclude(s, t)
  :: else -> free(s, t)
  fi
}

/* ---- At the taker ---- */

#ifdef TWO_ANSWERS
#define IS_UNANSWERED(k, t) (city[k].log.size < LEAVES)
#else
#define IS_UNANSWERED(k, t) IS_RECORDED(k, t, TRANSFER_STATE_UNSPECIFIED)
#endif
#define IS_ASKED(k, t) (IS_UNANSWERED(k, t) && PROVEN(k, LEAF(t, TRANSFER_LOCKED)))

/* Terms are those of the version that the export names. What came from here returns only if it is
 * away by this ledger too; and what is on its way home from here comes again only when it has got
 * there by this ledger too. */
#ifdef AGAIN_UNCONCLUDED
#define IS_APART(k, t) (!IS_RETURN(t) || city[k].piece[0] == AWAY)
#else
#define IS_APART(k, t) (IS_RETURN(t) -> city[k].piece[0] == AWAY : city[k].piece[0] != BOUND)
#endif
#define CAN_TAKE(k, t) (standing[k] == IN_FORCE && !unfiled[t] && IS_APART(k, t))
#ifdef IMPORT_AFTER_VOID
#define CAN_IMPORT(k, t)                                                             \
  (MAY(k) && CAN_TAKE(k, t) && (IS_ASKED(k, t) || IS_RECORDED(k, t, TRANSFER_VOID)))
#else
#define CAN_IMPORT(k, t) (MAY(k) && CAN_TAKE(k, t) && IS_ASKED(k, t) && !late[t])
#endif
#define CAN_REFUSE(k, t) \
  (MAY(k) && standing[k] != SUSPENDED && IS_ASKED(k, t) && !late[t])
#ifdef VOID_NEEDS_VERSION
#define CAN_VOID(k, t) (ACTS(k) && IS_ASKED(k, t) && late[t] && !unfiled[t])
#else
#define CAN_VOID(k, t) (ACTS(k) && IS_ASKED(k, t) && late[t])
#endif

inline import(k, t) {
  city[k].piece[TAKEN(t)] = FREE;
#ifdef LATEST_VERSION
  if
  :: unknown[t] = 1
  :: unknown[t] = 0
  fi;
#endif
  answer(k, t, TRANSFER_IMPORTED)
}

inline answer(k, t, state) {
  city[k].record[t] = state;
  late[t] = 0; /* neither matters any more */
  unfiled[t] = 0;
  write(k, LEAF(t, state))
}

/* Both authorities may end a transfer that is not answered yet. Their word is recorded by the taker
 * as an answer, and frees the units at home as any other answer does: by proof. */
#ifdef SETTLED_WHILE_WAITING
#define MAY_SETTLE(k) (!quiet && !gone[k])
#else
#define MAY_SETTLE(k) MAY(k)
#endif
#define CAN_SETTLE(k, t) \
  (MAY_SETTLE(k) && IS_UNANSWERED(k, t) && IS_RECORDED(SENDER(t), t, TRANSFER_LOCKED))

/* ---- A transfer ---- */

/* What must not end a lock. */
#if defined(OWN_CLOCK)
#define IS_FREED_UNPROVEN(s, t) (ACTS(s) && late[t])
#elif defined(SETTLED_UNPROVEN)
#define IS_FREED_UNPROVEN(s, t) MAY(s)
#elif defined(SILENCE_IS_DEATH)
#define IS_FREED_UNPROVEN(s, t) (MAY(s) && standing[s] == ENDED && !IS_ANSWER_PROVEN(s, t))
#elif defined(DEAD_UNHEARD)
#define IS_FREED_UNPROVEN(s, t) (ACTS(s) && standing[s] == ENDED && gone[TAKER(t)])
#else
#define IS_FREED_UNPROVEN(s, t) false
#endif
#ifdef RECOGNISED_UNPROVEN
#define IS_TAKEN_UNPROVEN(s) MAY(s)
#else
#define IS_TAKEN_UNPROVEN(s) false
#endif

/* The partner is gone for good: nothing was heard of it for long after the agreement was closed. */
#ifdef SETTLED_OPEN
#define HAS_LEFT(c) true
#else
#define HAS_LEFT(c) (standing[c] == ENDED)
#endif
#define IS_GONE_FROM(s, t) (HAS_LEFT(s) && gone[TAKER(t)])
/* By the agreement's rule, and by decision of governance; whatever is still to be had of its log is
 * shown before. */
#define CAN_GIVE_UP(s, t) \
  (IS_GONE_FROM(s, t) && city[s].heard == PARTNER_SIZE(s) && !IS_ANSWER_PROVEN(s, t))
/* Or by the signatures of both authorities: that of the other one knows what its ledger last said,
 * and signs for none that lives. */
#define CAN_SETTLE_AT_HOME(s, t) (IS_GONE_FROM(s, t) && !quiet)
#define IS_UNRECOGNISED(c, t) \
  (PROVEN(c, LEAF(t, TRANSFER_REFUSED)) || PROVEN(c, LEAF(t, TRANSFER_VOID)))
#define IS_ANSWER_PROVEN(c, t) (PROVEN(c, LEAF(t, TRANSFER_IMPORTED)) || IS_UNRECOGNISED(c, t))
#ifdef LATEST_VERSION
#define CAN_CONCLUDE(s, t) (PROVEN(s, LEAF(t, TRANSFER_IMPORTED)) && !unknown[t])
#else
#define CAN_CONCLUDE(s, t) PROVEN(s, LEAF(t, TRANSFER_IMPORTED))
#endif
/* An answer ends it whatever list is awaited. */
#define IS_LOCKED(s, t) (!gone[s] && IS_RECORDED(s, t, TRANSFER_LOCKED))

#define IS_RUNNING(t)                                               \
  (!late[t] && !IS_RECORDED(S, t, TRANSFER_STATE_UNSPECIFIED) && \
   IS_RECORDED(K, t, TRANSFER_STATE_UNSPECIFIED))

#define S SENDER(t)
#define K TAKER(t)

proctype transfer(byte t)
{
end:
  do
  :: atomic { CAN_EXPORT(S, t) -> export(S, t) }
  :: atomic { IS_RUNNING(t) -> late[t] = 1 }
  :: atomic { !quiet && unfiled[t] -> unfiled[t] = 0 } /* FileAgreement */

  :: atomic { CAN_IMPORT(K, t) -> import(K, t) }
  :: atomic { CAN_REFUSE(K, t) -> answer(K, t, TRANSFER_REFUSED) }
  :: atomic { CAN_SETTLE(K, t) -> answer(K, t, TRANSFER_VOID) }
  :: atomic { CAN_VOID(K, t) -> answer(K, t, TRANSFER_VOID) }

  :: atomic { IS_LOCKED(S, t) && (CAN_CONCLUDE(S, t) || IS_TAKEN_UNPROVEN(S)) ->
       conclude(S, t)
     }
  :: atomic { IS_LOCKED(S, t) && (IS_UNRECOGNISED(S, t) || IS_FREED_UNPROVEN(S, t)) ->
       free(S, t)
     }
  :: atomic { IS_LOCKED(S, t) && CAN_GIVE_UP(S, t) -> parted[S] = 1; free(S, t) }
  :: atomic { IS_LOCKED(S, t) && CAN_SETTLE_AT_HOME(S, t) -> settle_at_home(S, t) }
  od
}

/* ---- A city ---- */

/* Unit 0 as a city has it; B may have had it twice. */
#define CAN_RETIRE(c, p) (!quiet && !gone[c] && CAN_USE(c) && city[c].piece[p] == FREE)
#ifdef USE_WHILE_WAITING
#define CAN_USE(c) true
#else
#define CAN_USE(c) !waits[c]
#endif

/* Governance closes the agreement, at last with a partner that is gone. */
#define CAN_LEAVE(c) (!gone[c] && standing[c] != ENDED && (!quiet || gone[1 - c]))

proctype ledger(byte c)
{
end:
  do
  /* AcceptCheckpoint: a larger step is many of one leaf with nothing between them. */
  :: atomic { !gone[c] && city[c].heard < PARTNER_SIZE(c) -> city[c].heard++ }
  :: atomic { CAN_RETIRE(c, 0) -> city[c].piece[0] = RETIRED }
  :: atomic { c == B && CAN_RETIRE(c, 1) -> city[c].piece[1] = RETIRED }

  :: atomic { MAY(c) && standing[c] == IN_FORCE -> standing[c] = SUSPENDED } /* SetAgreement */
#ifndef NEVER_RESUMED /* without this one, no step can be taken twice */
  :: atomic { MAY(c) && standing[c] == SUSPENDED -> standing[c] = IN_FORCE }
#endif
  :: atomic { CAN_LEAVE(c) -> standing[c] = ENDED }

  :: atomic { !quiet && !was_gone && !waits[c] -> was_gone = 1; gone[c] = 1 }
  od
}

/* ---- A ledger that comes back shorter ----
 *
 * City `saved_of` loses the end of its log and goes on from a backup. What it wrote since may have
 * been acted upon by its partner, whom the lost leaves were, and still can be, proved to. So:
 *   1. the restored ledger begins a new epoch, under a log of its own. It sends, takes and answers
 *      nothing, and its units cannot be used at home either: any of them may be abroad. What it sent
 *      before, and has still, ends by proof as ever.
 *   2. the partner records the epoch. From that leaf on it takes no proof of the old log any more,
 *      and the same leaf lists what it has recorded of every transfer from and to this lineage.
 *   3. the restored ledger records that list, in parts and in the order of its lost leaves: makes
 *      again what it knows nothing of any more, and then acts again. What the list does not know has
 *      not happened; it may happen again, under the same id.
 * From a partner that is gone no list comes. Whoever has closed the agreement with it waits for it
 * no more once the time for an answer, and for a partner's death, is over; what it had is lost.
 */

inline copy(to, from) {
  to.record[0] = from.record[0];
  to.record[1] = from.record[1];
  to.record[2] = from.record[2];
  to.piece[0] = from.piece[0];
  to.piece[1] = from.piece[1];
  to.heard = from.heard;
  copy_log(to.log, from.log)
}

inline copy_log(to, from) {
  to.size = from.size;
  to.leaf[0] = from.leaf[0];
  to.leaf[1] = from.leaf[1];
  to.leaf[2] = from.leaf[2];
  to.leaf[3] = from.leaf[3];
  to.leaf[4] = from.leaf[4]
}

#define R saved_of
#define P (1 - saved_of)

inline restore() {
  copy_log(old, city[R].log);
  fork = saved.log.size;
  copy(city[R], saved);
  copy(saved, nothing);
  gone[R] = 0;
  hears_old = 1;
  was_restored = 1;
#ifndef NO_EPOCH
  waits[R] = 1
#endif
}

inline hear_new() {
  hears_old = 0;
  if
  :: city[P].heard > fork -> city[P].heard = fork
  :: else
  fi;
  fork = 0;
#ifndef OLD_LEAVES_AFTER_LIST
  copy_log(old, nothing.log)
#endif
}

inline record_epoch() {
  hear_new();
  list[0] = city[P].record[0];
  list[1] = city[P].record[1];
  list[2] = city[P].record[2];
  write(P, LIST)
}

/* What the partner answered, or concluded upon an answer. Known transfers stay as they are. */
#define IS_LOST(t) IS_RECORDED(R, t, TRANSFER_STATE_UNSPECIFIED)
inline adopt(t) {
  if
  :: IS_LOST(t) && list[t] == TRANSFER_IMPORTED ->
       city[R].record[t] = TRANSFER_CONCLUDED;
       city[R].piece[SENT(t)] = AWAY;
       if
       :: t == 0 -> city[R].piece[1] = CANCELLED
       :: else
       fi
  :: IS_LOST(t) && list[t] > TRANSFER_IMPORTED -> city[R].record[t] = TRANSFER_FREED
  :: IS_LOST(t) && list[t] == TRANSFER_CONCLUDED ->
       city[R].record[t] = TRANSFER_IMPORTED;
       city[R].piece[TAKEN(t)] = FREE
  :: IS_LOST(t) && list[t] == TRANSFER_FREED -> city[R].record[t] = TRANSFER_VOID
  :: else
  fi;
  list[t] = 0;
  noted++
}

/* What came home is away by this ledger before: the way there is concluded first. */
#define IS_HOME_AGAIN(t) (IS_RETURN(t) && R == A && IS_LOST(t) && list[t] == TRANSFER_CONCLUDED)
#define CAN_ADOPT(t) \
  (waits[R] && PROVEN(R, LIST) && (!IS_HOME_AGAIN(t) || !IS_RECORDED(R, 0, TRANSFER_LOCKED)))
#ifdef ADOPTED_BACKWARDS
#define IS_NEXT(t) (noted == 2 - t)
#else
#define IS_NEXT(t) (noted == t)
#endif
#ifdef PART_IS_ALL
#define IS_WHOLE (noted > 0)
#else
#define IS_WHOLE (noted == TRANSFERS)
#endif

inline end_list() {
  noted = 0;
  list[0] = 0;
  list[1] = 0;
  list[2] = 0;
  waits[R] = 0
}

/* The list is given up: closed, and nothing was heard of the partner for long since that and since
 * the epoch began. */
#if defined(LIST_GIVEN_UP_OPEN)
#define CAN_GIVE_UP_LIST (waits[R] && gone[P])
#elif defined(LIST_GIVEN_UP_EARLY)
#define CAN_GIVE_UP_LIST (waits[R] && standing[R] == ENDED)
#else
#define CAN_GIVE_UP_LIST (waits[R] && standing[R] == ENDED && gone[P])
#endif

proctype world()
{
end:
  do
  :: atomic { !quiet -> quiet = 1 }
  :: atomic { !quiet && !was_saved -> was_saved = 1; saved_of = A; copy(saved, city[A]) }
  :: atomic { !quiet && !was_saved -> was_saved = 1; saved_of = B; copy(saved, city[B]) }
  :: atomic { !quiet && was_saved && !was_restored && !gone[P] && !parted[P] -> restore() }
#ifdef NO_EPOCH
  /* A partner that has not accepted the lost leaves sees no contradiction. */
  :: atomic { hears_old && city[P].heard <= fork -> hear_new() }
#else
  :: atomic { hears_old && !gone[P] -> record_epoch() }
  :: atomic { CAN_ADOPT(0) && IS_NEXT(0) -> adopt(0) }
  :: atomic { CAN_ADOPT(1) && IS_NEXT(1) -> adopt(1) }
  :: atomic { CAN_ADOPT(2) && IS_NEXT(2) -> adopt(2) }
  :: atomic { waits[R] && IS_WHOLE -> end_list() }
  :: atomic { CAN_GIVE_UP_LIST -> forsaken = 1; parted[R] = 1; end_list() }
#endif
  od
}

/* ---- What must hold ---- */

/* At most one answer per transfer in a log. */
#define IS_ANSWER(leaf, t) ((leaf) / 8 == t && (leaf) % 8 >= TRANSFER_IMPORTED)
#define ANSWERS(k, t)                                                                \
  (IS_ANSWER(city[k].log.leaf[0], t) + IS_ANSWER(city[k].log.leaf[1], t) + \
   IS_ANSWER(city[k].log.leaf[2], t) + IS_ANSWER(city[k].log.leaf[3], t) + \
   IS_ANSWER(city[k].log.leaf[4], t))
#define ONE_ANSWER (ANSWERS(B, 0) <= 1 && ANSWERS(A, 1) <= 1 && ANSWERS(B, 2) <= 1)

/* A city that has not the list yet does not count: it cannot act. Nor is anything promised of what
 * was left with a partner that is gone. */
#define IS_SETTLING (waits[0] || waits[1] || (forsaken && gone[P]))

/* What the sender took as the answer is the answer, in every epoch. A city that is gone does not
 * count. */
#define IS_CONCLUDED_SO(s, t)                                                      \
  (!IS_RECORDED(s, t, TRANSFER_CONCLUDED) || IS_RECORDED(1 - s, t, TRANSFER_IMPORTED))
#define IS_FREED_SO(s, t) \
  (!IS_RECORDED(s, t, TRANSFER_FREED) || city[1 - s].record[t] > TRANSFER_IMPORTED || gone[1 - s])
#define SAME(s, t) (IS_SETTLING || (IS_CONCLUDED_SO(s, t) && IS_FREED_SO(s, t)))
#define BOTH_SAY_SO (SAME(A, 0) && SAME(B, 1) && SAME(A, 2))

/* The first kilogram is in one place. Locked here and imported there, it is there. */
#define IS_TAKEN(s, t) \
  (IS_RECORDED(s, t, TRANSFER_LOCKED) && IS_RECORDED(1 - s, t, TRANSFER_IMPORTED))
#define IS_HERE(c, p) (city[c].piece[p] != NOWHERE && city[c].piece[p] != AWAY)
#define FIRST_AT_A (IS_HERE(A, 0) && !IS_TAKEN(A, 0) && !IS_TAKEN(A, 2))
#define FIRST_AT_B (IS_HERE(B, 0) && !IS_TAKEN(B, 1))
#define FIRST_AGAIN_AT_B IS_HERE(B, 1)
#define CONSERVED (IS_SETTLING || FIRST_AT_A + FIRST_AT_B + FIRST_AGAIN_AT_B == 1)
/* The second one is cancelled only if the first was recognised, and free only if it was not. */
#define IS_SECOND(state) (city[A].piece[1] == state)
#define DISCOUNTED                                                      \
  (IS_SETTLING ||                                                       \
   (IS_RECORDED(B, 0, TRANSFER_IMPORTED) -> !IS_SECOND(FREE) : !IS_SECOND(CANCELLED)))

/* Nobody can use what another can use, or has used. A city that is gone uses nothing any more. */
#define IS_USABLE(c, p) (city[c].piece[p] == RETIRED || (city[c].piece[p] == FREE && !waits[c]))
#define USED_ONCE \
  ((forsaken && gone[P]) || IS_USABLE(A, 0) + IS_USABLE(B, 0) + IS_USABLE(B, 1) <= 1)

/* When all is done that anybody can bring about, no transfer is in flight. */
#define HAS_END(s, t) (gone[s] || !IS_RECORDED(s, t, TRANSFER_LOCKED))
#define HAS_LIST(c) (gone[c] || !waits[c])
#define NONE_IN_FLIGHT \
  (!timeout || (HAS_END(A, 0) && HAS_END(B, 1) && HAS_END(A, 2) && HAS_LIST(A) && HAS_LIST(B)))

/* Whoever has ended something without the partner exchanges nothing with it any more. */
#define HAS_PARTED(c) (!parted[c] || standing[c] == ENDED)
#define PARTED (HAS_PARTED(A) && HAS_PARTED(B))

proctype properties()
{
end:
  do
#ifdef ONLY
  :: atomic { !(ONLY) -> assert(false) }
#else
  :: atomic { !ONE_ANSWER -> assert(false) }
  :: atomic { !BOTH_SAY_SO -> assert(false) }
  :: atomic { !CONSERVED -> assert(false) }
  :: atomic { !DISCOUNTED -> assert(false) }
  :: atomic { !USED_ONCE -> assert(false) }
  :: atomic { !NONE_IN_FLIGHT -> assert(false) }
  :: atomic { !PARTED -> assert(false) }
#endif
  od
}

init
{
  atomic {
    city[A].piece[0] = FREE;
    city[A].piece[1] = FREE;
    run transfer(0);
    run transfer(1);
    run transfer(2);
    run ledger(A);
    run ledger(B);
    run world();
    run properties()
  }
}
