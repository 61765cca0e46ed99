#include "kernel.h"

struct start_info *start_info;

/* The page table's entry of this page names Xen's shared_info while it is mapped. */
static u8 shared_info_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
struct shared_info *shared_info = (struct shared_info *)shared_info_page;

/* The two levels above the p2m, of mfns (public/arch-x86/xen.h, arch_shared_info). One middle page does for 1 GiB. */
#define ENTRIES (PAGE_SIZE / sizeof(word))
static word frame_list_list[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static word frame_list[ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static word *p2m(void) { return (word *)start_info->mfn_list; }

word mfn_of_pfn(word pfn) { return p2m()[pfn]; }

word mfn_of(const void *address) { return mfn_of_pfn((word)address / PAGE_SIZE); }

word pfn_of_mfn(word mfn) {
  for (word pfn = 0; pfn < start_info->nr_pages; pfn++)
    if (p2m()[pfn] == mfn) return pfn;
  return 0;
}

void *page_of_mfn(word mfn) { return (void *)(pfn_of_mfn(mfn) * PAGE_SIZE); }

static void set_entry(void *address, u64 entry) {
#ifdef __x86_64__
  hypercall(HYPERCALL_update_va_mapping, (word)address, entry, UVMF_INVLPG, 0);
#else
  hypercall(HYPERCALL_update_va_mapping, (word)address, (word)entry, (word)(entry >> 32), UVMF_INVLPG);
#endif
}

/* Present, writable, accessed, dirty. */
void map_shared_info(void) { set_entry(shared_info_page, (u64)start_info->shared_info | 0x63); }

/* A suspended guest must not have it mapped: the next host has another one. */
void unmap_shared_info(void) { set_entry(shared_info_page, 0); }

void publish_p2m(void) {
  for (word i = 0; i * ENTRIES < start_info->nr_pages; i++) frame_list[i] = mfn_of(p2m() + i * ENTRIES);
  frame_list_list[0] = mfn_of(frame_list);
  shared_info->max_pfn = start_info->nr_pages;
  shared_info->pfn_to_mfn_frame_list_list = mfn_of(frame_list_list);
}
