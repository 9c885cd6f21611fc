/* The part of the adapter that must be C.
 *
 * raft.h 0.22.1 does not compile as C++ unless its legacy half is switched off, and then `struct
 * raft` has another size than in the library. So C++ sees events, updates and messages, which are
 * the same either way, and only rc.c allocates a `struct raft` or reads its fields. */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
#define RAFT__LEGACY_no
extern "C" {
#endif

#include <raft.h>

struct rc_options {
  raft_id self;
  unsigned election_timeout_ms;
  unsigned heartbeat_ms;
  unsigned max_inflight;
  unsigned install_snapshot_timeout_ms;
  unsigned seed;
};

/* A server in pure-step mode, without tracer; NULL if memory is exhausted. */
struct raft* rc_new(const struct rc_options* options);
void rc_free(struct raft* r);

/* What the library gets wrong inside one step (the guards of that name in gate.h). */
struct rc_corrections {
  bool as_voter;   /* Answer a RequestVote as a voter would, once the leader is silent. */
  bool fresh_term; /* The only voter begins a new term when it elects itself. */
};

int rc_step(struct raft* r, struct raft_event* event, struct raft_update* update,
            struct rc_corrections corrections);

/* Fields the library has no accessor for. */
raft_index rc_last_stored(const struct raft* r);
bool rc_installing(const struct raft* r);
const struct raft_configuration* rc_configuration(const struct raft* r);
raft_index rc_configuration_uncommitted_index(const struct raft* r);

/* Sizes as the C half sees them, for a comparison at start-up. */
struct rc_layout {
  size_t event, update, message, entry, metadata;
  int version;
};
struct rc_layout rc_sizes(void);

#ifdef __cplusplus
}
#endif
