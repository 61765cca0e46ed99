/* A second vcpu counts for itself, and never back. While the guest meets another host it stands still, out of shared_info. */
#include "kernel.h"

#define PAUSE 7000000

static u8 stack[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static volatile u32 runs, is_to_stand, stands;
static volatile u32 count, copy;

static void count_on(void) {
  for (;;) {
    count++;
    copy = count;
    wait(PAUSE);
    stands = is_to_stand;
    while (is_to_stand) yield();
    stands = 0;
  }
}

void second_start(void) {
  runs = start_vcpu(1, count_on, stack + sizeof stack);
  if (runs) print("selfcheck: with two vcpus\n");
}

void second_stop(void) {
  is_to_stand = runs;
  while (runs && !stands) yield();
}

void second_go_on(void) { is_to_stand = 0; }

u32 second_lost(void) {
  static u32 before;
  u32 later = copy;
  u32 is_wrong = later < before || count < later;
  before = later;
  return is_wrong;
}
