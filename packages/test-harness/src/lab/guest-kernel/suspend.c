#include "kernel.h"

/* The hypercall answers 1 where the guest goes on in the same domain. */
void suspend(void) {
  u32 reason = SHUTDOWN_suspend;
  second_stop();
  word frame = leave_host();
  long cancelled = hypercall(HYPERCALL_sched_op, SCHEDOP_shutdown, (word)&reason, frame, 0);
  meet_host(cancelled);
  second_go_on();
  print(cancelled ? "suspend cancelled\n" : "goes on in a new domain\n");
}
