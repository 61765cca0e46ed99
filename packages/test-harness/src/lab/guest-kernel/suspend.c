#include "kernel.h"

/*
 * What a PV guest owes its toolstack when it suspends (docs/features/migration.pandoc, xc_sr_save_x86_pv.c): its two rings
 * by pfn in start_info, shared_info not mapped. Afterwards either nothing has changed (answer 1: cancelled), or it is in a
 * new domain: p2m, page tables and start_info are new, and the levels above the p2m are the guest's own to renew.
 */
void suspend(void) {
  u32 reason = SHUTDOWN_suspend;
  word store = start_info->store_mfn, console = start_info->console_mfn;
  start_info->store_mfn = pfn_of_mfn(store);
  start_info->console_mfn = pfn_of_mfn(console);
  unmap_shared_info();
  long cancelled = hypercall(HYPERCALL_sched_op, SCHEDOP_shutdown, (word)&reason, mfn_of(start_info), 0);
  if (cancelled) {
    start_info->store_mfn = store;
    start_info->console_mfn = console;
  }
  map_shared_info();
  publish_p2m();
  print(cancelled ? "suspend cancelled\n" : "goes on in a new domain\n");
}
