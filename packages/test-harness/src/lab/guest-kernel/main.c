/*
 * A guest that checks itself: a region of memory is checked word by word and written anew, round after round, and the
 * console says how often that was done and how many words were lost (as files/guest-init.sh of the Linux guests).
 */
#include "kernel.h"

#define WORDS (1024 * 1024 / sizeof(word))
#define ROUNDS_PER_LINE 10
#define PAUSE 50000000
#define SHUTDOWN_NODE "control/shutdown"

static word region[WORDS] __attribute__((aligned(PAGE_SIZE)));

/* The same all over a quarter of a page, so that captured streams are small. */
static word content(word index, u32 round) { return index / 256 * 2654435761u + round; }

/* Answers how many words were not as the round before left them. */
static u32 check_and_write(u32 round) {
  u32 lost = second_lost();
  for (word i = 0; i < WORDS; i++) {
    if (region[i] != content(i, round - 1)) lost++;
    region[i] = content(i, round);
  }
  return lost;
}

static void tell(u32 count, u32 lost) {
  print("selfcheck: count ");
  print_number(count);
  print(", ");
  print_number(lost);
  print(" lost\n");
}

static void power_off(u32 reason) { hypercall(HYPERCALL_sched_op, SCHEDOP_shutdown, (word)&reason, 0, 0); }

static void look_for_requests(void) {
  if (!xenstore_watch_fired()) return;
  if (xenstore_acknowledge(SHUTDOWN_NODE, "poweroff")) power_off(SHUTDOWN_poweroff);
  if (!xenstore_acknowledge(SHUTDOWN_NODE, "suspend")) return;
  suspend();
  xenstore_watch(SHUTDOWN_NODE);
}

void kernel_main(void *given) {
  begin(given);
  print("selfcheck: begins with ");
  print_number(sizeof region / PAGE_SIZE);
  print(" pages\n");
  second_start();
  xenstore_watch(SHUTDOWN_NODE);
  for (word i = 0; i < WORDS; i++) region[i] = content(i, 0);
  u32 lost = 0;
  for (u32 round = 1;; round++) {
    lost += check_and_write(round);
    if (round % ROUNDS_PER_LINE == 0) tell(round / ROUNDS_PER_LINE, lost);
    wait_for(store_port, PAUSE);
    look_for_requests();
  }
}
