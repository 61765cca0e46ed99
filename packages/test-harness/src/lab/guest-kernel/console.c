#include "kernel.h"

static void put(volatile struct console_ring *ring, char character) {
  while (ring->out_prod - ring->out_cons >= sizeof ring->out) {
    notify(start_info->console_evtchn);
    wait_for(start_info->console_evtchn, 10000000);
  }
  ring->out[ring->out_prod % sizeof ring->out] = character;
  barrier();
  ring->out_prod++;
}

void print(const char *text) {
  volatile struct console_ring *ring = page_of_mfn(start_info->console_mfn);
  while (*text) put(ring, *text++);
  notify(start_info->console_evtchn);
}

void print_number(u32 number) {
  char text[11];
  char *first = text + sizeof text - 1;
  *first = 0;
  do {
    *--first = '0' + number % 10;
    number /= 10;
  } while (number);
  print(first);
}
