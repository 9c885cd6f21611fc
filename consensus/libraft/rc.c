#include "consensus/libraft/rc.h"

#include <stdlib.h>

struct box {
  struct raft raft;
  struct raft_tracer tracer;
};

static void emit_nothing(struct raft_tracer* tracer, int type, const void* info) {
  (void)tracer;
  (void)type;
  (void)info;
}

struct raft* rc_new(const struct rc_options* options) {
  struct box* box = calloc(1, sizeof *box);
  if (box == NULL) return NULL;
  if (raft_init(&box->raft, NULL, NULL, options->self, "self") != 0) {
    free(box);
    return NULL;
  }
  box->tracer.version = 2;
  box->tracer.emit = emit_nothing;
  box->raft.tracer = &box->tracer;
  raft_seed(&box->raft, options->seed);
  raft_set_election_timeout(&box->raft, options->election_timeout_ms);
  raft_set_heartbeat_timeout(&box->raft, options->heartbeat_ms);
  raft_set_install_snapshot_timeout(&box->raft, options->install_snapshot_timeout_ms);
  raft_set_max_inflight_entries(&box->raft, options->max_inflight);
  raft_set_pre_vote(&box->raft, true);
  return &box->raft;
}

void rc_free(struct raft* r) {
  raft_close(r, NULL);
  free(r); /* The first member of its box. */
}

static bool is_vote_request(const struct raft_event* event) {
  return event->type == RAFT_RECEIVE && event->receive.message->type == RAFT_REQUEST_VOTE;
}

static int step_as_voter(struct raft* r, struct raft_event* event, struct raft_update* update) {
  struct raft_server self = {r->id, r->address, RAFT_VOTER};
  struct raft_configuration alone = {&self, 1};
  struct raft_configuration in_force = r->configuration;
  int rv;

  /* A follower that answers a vote looks into the configuration only for its own role. */
  r->configuration = alone;
  rv = raft_step(r, event, update);
  r->configuration = in_force;
  return rv;
}

/* The only voter of its cluster wins without an election, and the library leaves the term as it
 * was. Entries of that term may be on learners and lost here, so the reign needs a term of its
 * own. Nothing of the old term has left the step yet but heartbeats. */
static void begin_term(struct raft* r, struct raft_update* update) {
  unsigned i;

  r->current_term += 1;
  r->voted_for = r->id;
  update->flags |= (RAFT_UPDATE_CURRENT_TERM) | (RAFT_UPDATE_VOTED_FOR);
  for (i = 0; i < update->messages.n; i++) {
    struct raft_message* message = &update->messages.batch[i];
    if (message->type == RAFT_APPEND_ENTRIES) message->append_entries.term = r->current_term;
    if (message->type == RAFT_INSTALL_SNAPSHOT) message->install_snapshot.term = r->current_term;
  }
}

/* A voter that hears nothing for an election timeout forgets its leader and stands itself. Others
 * only rewind their timer, and a server that has a leader votes for nobody. */
static bool misses_leader(struct raft* r, const struct raft_event* event) {
  return event->type == RAFT_TIMEOUT && r->state == RAFT_FOLLOWER && raft_role(r) != RAFT_VOTER &&
         event->time >= raft_timeout(r);
}

static void forget_leader(struct raft* r) {
  raft_free(r->follower_state.current_leader.address);
  r->follower_state.current_leader.address = NULL;
  r->follower_state.current_leader.id = 0;
}

int rc_step(struct raft* r, struct raft_event* event, struct raft_update* update,
            struct rc_corrections corrections) {
  const unsigned short before = r->state;
  const bool alone = corrections.as_voter && misses_leader(r, event);
  int rv;

  if (corrections.as_voter && is_vote_request(event) && before == RAFT_FOLLOWER &&
      r->configuration.n > 0 && raft_role(r) != RAFT_VOTER) {
    return step_as_voter(r, event, update);
  }
  rv = raft_step(r, event, update);
  if (alone) forget_leader(r);
  /* An election passes through the candidate's state in a step of its own. */
  if (rv == 0 && corrections.fresh_term && before == RAFT_FOLLOWER && r->state == RAFT_LEADER) {
    begin_term(r, update);
  }
  return rv;
}

raft_index rc_last_stored(const struct raft* r) { return r->last_stored; }

bool rc_installing(const struct raft* r) { return r->snapshot.installing; }

const struct raft_configuration* rc_configuration(const struct raft* r) {
  return &r->configuration;
}

raft_index rc_configuration_uncommitted_index(const struct raft* r) {
  return r->configuration_uncommitted_index;
}

struct rc_layout rc_sizes(void) {
  struct rc_layout layout = {sizeof(struct raft_event),
                             sizeof(struct raft_update),
                             sizeof(struct raft_message),
                             sizeof(struct raft_entry),
                             sizeof(struct raft_snapshot_metadata),
                             raft_version_number()};
  return layout;
}
