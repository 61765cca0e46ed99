#include "kernel.h"

static u64 timestamp_counter(void) {
  u32 low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}

/* public/xen.h, vcpu_time_info. */
u64 now(void) {
  volatile struct vcpu_time_info *time = &shared_info->vcpu_info[0].time;
  u32 version;
  u64 result;
  do {
    version = time->version;
    barrier();
    u64 delta = timestamp_counter() - time->tsc_timestamp;
    delta = time->tsc_shift < 0 ? delta >> -time->tsc_shift : delta << time->tsc_shift;
    u64 scaled = (delta >> 32) * time->tsc_to_system_mul + ((delta & 0xffffffff) * time->tsc_to_system_mul >> 32);
    result = time->system_time + scaled;
    barrier();
  } while (version & 1 || version != time->version);
  return result;
}
