#include "kernel.h"

void notify(u32 port) { hypercall(HYPERCALL_event_channel_op, EVTCHNOP_send, (word)&port, 0, 0); }

void yield(void) { hypercall(HYPERCALL_sched_op, SCHEDOP_yield, 0, 0, 0); }

void wait(u64 nanoseconds) {
  struct {
    u32 *ports;
    u32 nr_ports;
    u64 timeout;
  } poll = {0, 0, now() + nanoseconds};
  hypercall(HYPERCALL_sched_op, SCHEDOP_poll, (word)&poll, 0, 0);
}

/* Sleeps until somebody notifies that port, or the time is over. Events stay masked: no handler is ever called. */
void wait_for(u32 port, u64 nanoseconds) {
  struct {
    u32 *ports;
    u32 nr_ports;
    u64 timeout;
  } poll = {&port, 1, now() + nanoseconds};
  hypercall(HYPERCALL_sched_op, SCHEDOP_poll, (word)&poll, 0, 0);
  word *pending = &shared_info->evtchn_pending[port / WORD_BITS];
  __atomic_and_fetch(pending, ~((word)1 << port % WORD_BITS), __ATOMIC_SEQ_CST);
}
