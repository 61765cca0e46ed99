#include "kernel.h"

static void put(volatile struct console_ring *ring, char character) {
  while (ring->out_prod - ring->out_cons >= sizeof ring->out) {
    notify(console_port);
    wait_for(console_port, 10000000);
  }
  ring->out[ring->out_prod % sizeof ring->out] = character;
  barrier();
  ring->out_prod++;
}

void print(const char *text) {
  volatile struct console_ring *ring = console_ring();
  while (*text) put(ring, *text++);
  notify(console_port);
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
